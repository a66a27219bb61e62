#include "agent/crypto/sodium.hpp"

#include <cstdlib>

namespace till::detail {

void ensure_sodium() {
    static const bool started = sodium_init() >= 0;
    if (!started) std::abort();
}

}  // namespace till::detail
