#include "agent/crypto/pin.hpp"

#include "agent/crypto/sodium.hpp"

#include <array>
#include <cstdlib>
#include <string>

namespace till {

namespace {

constexpr unsigned long long passes = 3;
constexpr std::size_t memory_bytes = 4UL * 1024 * 1024;
constexpr std::string_view ours = "$argon2id$v=19$m=4096,t=3,p=1$";

}  // namespace

Bytes make_pin_verifier(const Secret& pin) {
    detail::ensure_sodium();
    std::array<char, crypto_pwhash_STRBYTES> text{};
    const auto digits = pin.reveal();
    if (crypto_pwhash_str(text.data(), digits.data(), digits.size(), passes, memory_bytes) != 0)
        std::abort();  // No memory, as everywhere.
    return text.data();
}

bool is_pin(const Secret& pin, BytesView verifier) {
    detail::ensure_sodium();
    if (!verifier.starts_with(ours) || verifier.size() >= crypto_pwhash_STRBYTES) return false;
    const std::string text{verifier};
    const auto digits = pin.reveal();
    return !digits.empty()
           && crypto_pwhash_str_verify(text.c_str(), digits.data(), digits.size()) == 0;
}

}  // namespace till
