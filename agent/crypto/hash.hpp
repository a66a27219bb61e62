#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/secret.hpp"

#include <cstdint>
#include <memory>

namespace till {

/// SHA-256 (FIPS 180-4) of one piece of memory.
Digest sha256(BytesView bytes);

/// SHA-256 over pieces, in order. Integers are hashed big-endian.
class Sha256 {
public:
    Sha256();
    Sha256& add(BytesView bytes);
    Sha256& add_u32(std::uint32_t value);
    Sha256& add_u64(std::uint64_t value);
    Digest finish();  ///< Once; the object is spent afterwards.

private:
    alignas(8) std::array<std::byte, 128> state_;  // Nettle's sha256_ctx.
};

/// HMAC-SHA-256 (RFC 2104) with a 32-byte key: the centre's customer tokens, a door's tokens.
Digest keyed_hash(const Secret& key, BytesView bytes);

/// HMAC-SHA-256 with a key of any length: what other systems' protocols ask for.
Digest hmac_sha256(const Secret& key, BytesView bytes);

/// Compares in time that does not depend on where they differ.
bool equal_in_constant_time(BytesView a, BytesView b);

}  // namespace till
