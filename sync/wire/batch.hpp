#pragma once

#include "agent/core/result.hpp"
#include "sync/wire/envelope.hpp"

#include <span>
#include <vector>

namespace till::sync {

/// About how many bytes a record adds to a batch before compression: never too few.
std::size_t batch_bytes(const Envelope& record);

/// The payload of a batch before compression: one serialised BatchRecords (frames.proto). Records
/// are contiguous; their seqs and hashes are not in it, the batch frame and the chain rule give
/// them back. Fails with out_of_range above limits::batch_records_max or batch_bytes_max.
Result<Bytes> encode_records(std::span<const Envelope> records);

/// The reverse, for `count` records from `first`. Total: any bytes are allowed. Fails with malformed
/// when columns contradict each other and out_of_range beyond the limits; a record it returns is
/// exactly the one that was encoded, bodies and sealed parts byte for byte.
Result<std::vector<Envelope>> decode_records(BytesView raw, Seq first, std::uint32_t count);

}  // namespace till::sync
