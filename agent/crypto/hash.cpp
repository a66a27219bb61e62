#include "agent/crypto/hash.hpp"

#include "agent/crypto/sodium.hpp"

#include <nettle/sha2.h>

#include <cstdlib>
#include <new>

namespace till {

namespace {

// Nettle uses the processor's SHA instructions, libsodium does not (cross/decisions/0022).
using State = sha256_ctx;
static_assert(sizeof(State) <= 128 && alignof(State) <= 8);

State* state(std::array<std::byte, 128>& bytes) {
    return std::launder(reinterpret_cast<State*>(bytes.data()));
}

const unsigned char* data(BytesView bytes) { return octets(bytes).data(); }

}  // namespace

Digest sha256(BytesView bytes) { return Sha256{}.add(bytes).finish(); }

Sha256::Sha256() {
    new (state_.data()) State;
    sha256_init(state(state_));
}

Sha256& Sha256::add(BytesView bytes) {
    sha256_update(state(state_), bytes.size(), data(bytes));
    return *this;
}

Sha256& Sha256::add_u32(std::uint32_t value) {
    std::array<std::uint8_t, 4> octets{};
    for (std::size_t i = 0; i < 4; ++i)
        octets[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
    return add(view(octets));
}

Sha256& Sha256::add_u64(std::uint64_t value) {
    std::array<std::uint8_t, 8> octets{};
    for (std::size_t i = 0; i < 8; ++i)
        octets[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
    return add(view(octets));
}

Digest Sha256::finish() {
    Digest digest;
    sha256_digest(state(state_), digest.size(), digest.data());
    return digest;
}

Digest keyed_hash(const Secret& key, BytesView bytes) {
    static_assert(crypto_auth_hmacsha256_KEYBYTES == 32);
    if (key.reveal().size() != 32)
        std::abort();  // A key of another length is a bug, not a failure.
    Digest digest;
    crypto_auth_hmacsha256(digest.data(), data(bytes), bytes.size(), data(key.reveal()));
    return digest;
}

Digest hmac_sha256(const Secret& key, BytesView bytes) {
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, data(key.reveal()), key.reveal().size());
    crypto_auth_hmacsha256_update(&state, data(bytes), bytes.size());
    Digest digest;
    crypto_auth_hmacsha256_final(&state, digest.data());
    return digest;
}

bool equal_in_constant_time(BytesView a, BytesView b) {
    return a.size() == b.size() && (a.empty() || sodium_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace till
