#pragma once

#include "sync/ledger/store.hpp"

#include <span>

// What a store checks before it keeps a run of envelopes, whatever it keeps them in.
namespace till::sync::detail {

inline constexpr int seq_bits = 40;  // Of SQLite's row ids; no journal of any store goes beyond.

/// Envelopes that follow on `after` without a hole; at least one.
bool is_run(std::span<const Envelope> envelopes, Seq after);

/// The chain hash after each envelope.
std::vector<Digest> chain_of(const JournalId& journal, Digest previous,
                             std::span<const Envelope> envelopes);

/// Whether `append`, with `hashes` as its chain, leads from where it says to where it says.
bool leads(const Append& append, const std::vector<Digest>& hashes);

/// Where a journal's stored events begin: what its first one follows.
Mark beginning(const JournalId& journal, const std::optional<KeptNote>& checkpoint);

/// Whether a journal that stands at `row` and begins after `before` may let go of all up to
/// `checkpoint`; else out_of_range.
Result<void> may_let_go(const JournalRow& row, const Mark& before, const Note& checkpoint);

/// Whether `run`, which follows on `before`, leads to `checkpoint`: no hole, and every link as it was
/// stored. Else corrupt.
Result<void> leads_to(const Mark& before, std::span<const StoredEnvelope> run,
                      const Note& checkpoint);

/// not_found: beyond the journal's mark, or before its checkpoint.
Error no_such_event(const JournalRow& row);

/// A checkpoint's two columns.
struct StoredNote {
    Bytes note, key;
};
StoredNote stored(const KeptNote& checkpoint);
Result<KeptNote> kept_note(BytesView note, BytesView key);

}  // namespace till::sync::detail
