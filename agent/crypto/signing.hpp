#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"
#include "agent/core/secret.hpp"

namespace till {

/// An Ed25519 (RFC 8032) key pair. What devices sign with is their P-256 TLS key (sync/tls); this
/// one is for the centre's own notes and for TUF metadata.
struct SigningKeyPair {
    Bytes public_key;    ///< 32 bytes.
    Secret private_key;  ///< 64 bytes.
};

SigningKeyPair make_signing_key_pair();

/// A detached signature of 64 bytes.
Bytes sign(const SigningKeyPair& pair, BytesView message);

/// Fails with not_trusted unless `signature` is by that key over exactly `message`.
Result<void> verify_signature(BytesView public_key, BytesView message, BytesView signature);

}  // namespace till
