#include "agent/core/result.hpp"

namespace till {

std::string_view name(Errc code) {
    switch (code) {
        case Errc::abandoned:
            return "abandoned";
        case Errc::malformed:
            return "malformed";
        case Errc::out_of_range:
            return "out_of_range";
        case Errc::not_found:
            return "not_found";
        case Errc::conflict:
            return "conflict";
        case Errc::forbidden:
            return "forbidden";
        case Errc::not_trusted:
            return "not_trusted";
        case Errc::timed_out:
            return "timed_out";
        case Errc::closed:
            return "closed";
        case Errc::io:
            return "io";
        case Errc::corrupt:
            return "corrupt";
        case Errc::disk_full:
            return "disk_full";
        case Errc::outcome_unknown:
            return "outcome_unknown";
        case Errc::stale:
            return "stale";
        case Errc::unsupported:
            return "unsupported";
        case Errc::busy:
            return "busy";
    }
    return "unknown";
}

}  // namespace till
