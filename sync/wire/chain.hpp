#pragma once

#include "sync/wire/envelope.hpp"

namespace till::sync {

/// The hash before a journal's first event: SHA-256(journal_id's 16 bytes).
Digest genesis(const JournalId& journal);

/// The chain rule (WIRE.md gives it byte by byte, with test vectors):
///
/// SHA-256("tillstream.envelope\0" ‖ version u32 ‖ previous hash ‖ length of journal_id u32 ‖
///   journal_id ‖ seq u64 ‖ kind u32 ‖ wall i64 ‖ boot id ‖ since_boot u64 ‖ SHA-256(body) ‖
///   SHA-256(sealed)), integers big-endian, times in milliseconds.
///
/// Pure; two SHA-256 passes over body and sealed.
Digest chain_hash(const Digest& previous, const JournalId& journal, const Envelope& envelope);

}  // namespace till::sync
