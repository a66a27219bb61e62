#include "sync/session/exchange.hpp"

namespace till::sync {

std::string_view name(Reason reason) {
    switch (reason) {
        case Reason::unspecified:
            return "unspecified";
        case Reason::done:
            return "done";
        case Reason::violation:
            return "violation";
        case Reason::too_large:
            return "too_large";
        case Reason::unsupported:
            return "unsupported";
        case Reason::not_yours:
            return "not_yours";
        case Reason::overtaken:
            return "overtaken";
        case Reason::unavailable:
            return "unavailable";
        case Reason::silent:
            return "silent";
        case Reason::revoked:
            return "revoked";
        case Reason::restored:
            return "restored";
    }
    return "unknown";
}

}  // namespace till::sync
