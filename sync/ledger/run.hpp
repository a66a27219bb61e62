#pragma once

#include "sync/wire/append.hpp"

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

}  // namespace till::sync::detail
