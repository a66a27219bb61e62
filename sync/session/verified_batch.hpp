#pragma once

#include "agent/core/result.hpp"
#include "sync/wire/append.hpp"
#include "sync/wire/frames.pb.h"

#include <span>
#include <vector>

// Private to the module: a batch frame and its records, there and back.
namespace till::sync {

/// Records whose chain has been computed from the mark before them to the mark after them.
struct VerifiedBatch {
    Mark before;
    Mark after;
    std::vector<Envelope> envelopes;
    std::vector<Digest> hashes;  ///< After each envelope.
};

/// Fails with malformed or out_of_range when the bytes are wrong, unsupported for a codec or a
/// chain rule this build does not have, and not_trusted when the chain does not lead from `before`
/// to the head hash that the batch declares.
Result<VerifiedBatch> verify_batch(const tillstream::v1::Batch& batch, const JournalId& journal,
                                   const Mark& before);

/// The first `head_hash` bytes of a batch that a sender gives.
inline constexpr std::size_t head_hash_bytes = 16;

}  // namespace till::sync
