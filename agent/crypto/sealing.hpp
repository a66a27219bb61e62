#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"
#include "agent/core/secret.hpp"

#include <string>

namespace till {

/// The centre's public sealing key (X25519) and the short id that travels with what it sealed.
struct SealingKey {
    std::uint32_t id = 0;
    Bytes public_key;  ///< 32 bytes.
};

/// A sealing key with its private half. Lives at the centre only.
struct SealingKeyPair {
    SealingKey key;
    Secret private_key;
};

SealingKeyPair make_sealing_key_pair(std::uint32_t id);

/// Seals `plain` so that only the holder of the private half can read it: the sealer itself
/// cannot (libsodium crypto_box_seal: X25519 + XSalsa20-Poly1305, 48 bytes longer than `plain`).
/// Fails only when the public key has the wrong length.
Result<Bytes> seal(const SealingKey& key, BytesView plain);

/// Fails with not_trusted when `sealed` was made for another key or was altered.
Result<Bytes> unseal(const SealingKeyPair& pair, BytesView sealed);

/// Authenticated encryption under a 32-byte key that the caller keeps (XChaCha20-Poly1305, random
/// nonce in front, 40 bytes longer): the vault's data keys. `context` is bound, not stored.
Bytes encrypt(const Secret& key, BytesView plain, BytesView context);
/// Fails with not_trusted when key, bytes or context differ.
Result<Bytes> decrypt(const Secret& key, BytesView cipher, BytesView context);

/// A fresh random 32-byte key.
Secret make_key();

}  // namespace till
