#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/secret.hpp"

namespace till {

/// What a PIN is checked against: Argon2id (RFC 9106) with 4 MiB and a salt of its own, as libsodium's
/// text. Some ten milliseconds of processor time; a till's idle memory stays small. No hash makes up for
/// four digits: who holds the verifier finds such a PIN within minutes.
Bytes make_pin_verifier(const Secret& pin);

/// Whether `pin` is the one. As slow as making it; false for a verifier that is none, or that asks for more
/// memory or time than ours do.
bool is_pin(const Secret& pin, BytesView verifier);

}  // namespace till
