#include "agent/crypto/system_random.hpp"

#include "agent/crypto/sodium.hpp"

namespace till {

void SystemRandom::fill(std::span<std::uint8_t> bytes) {
    detail::ensure_sodium();
    randombytes_buf(bytes.data(), bytes.size());
}

}  // namespace till
