#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/ids.hpp"
#include "agent/core/result.hpp"

#include <cstdint>
#include <span>

namespace till::sync {

/// How the payload of a batch is compressed. Ids are never reused: a dictionary once released is
/// kept, because devices that have it may be years behind.
using Codec = Id<struct CodecTag, std::uint32_t>;

inline constexpr Codec codec_stored{0};         ///< As it is.
inline constexpr Codec codec_zstd{1};           ///< zstd (RFC 8878) without a dictionary.
inline constexpr Codec codec_zstd_events_1{2};  ///< zstd with dictionaries/events-1.zdict.

/// The codecs this build can both write and read, best first; codec_stored is the last.
std::span<const Codec> codecs();

/// zstd levels: a lone record is small enough for the dearest; a backlog must not keep a till's
/// processor from selling (cross/decisions/0050-compression.md has the figures).
int level_for(std::size_t raw_bytes);

/// Compresses `raw` into one zstd frame without its four magic bytes, content size, checksum or
/// dictionary id, all of which the batch frame already says. Fails with unsupported for an id this
/// build does not know. The context is kept for the calling thread's next call.
Result<Bytes> compress(Codec codec, int level, BytesView raw);

/// The reverse. `raw_bytes` is what the sender declared: refused before anything is allocated when
/// above limits::batch_bytes_max, and malformed unless exactly so many bytes come out, so a
/// decompression bomb costs no more than an honest batch. Fails with unsupported for an unknown id.
Result<Bytes> decompress(Codec codec, BytesView payload, std::size_t raw_bytes);

/// Gives back the calling thread's compression memory (some MiB after a backlog).
void release_compression_memory();

}  // namespace till::sync
