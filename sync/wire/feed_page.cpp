#include "sync/wire/feed_page.hpp"

#include "agent/core/limits.hpp"
#include "sync/wire/compression.hpp"

namespace till::sync {

namespace v1 = tillstream::v1;

Result<void> pack_records(const v1::FeedRecords& records, v1::FeedPage& page) {
    Bytes raw = records.SerializeAsString();
    if (raw.size() > limits::batch_bytes_max)
        return Error{Errc::out_of_range, "a feed's record is too large to be sent"};
    TILL_TRY(Bytes packed, compress(codec_zstd, level_for(raw.size()), raw));
    const bool gains = packed.size() < raw.size();
    page.set_codec(gains ? codec_zstd.value() : codec_stored.value());
    page.set_raw_bytes(gains ? static_cast<std::uint32_t>(raw.size()) : 0);
    page.set_payload(gains ? std::move(packed) : std::move(raw));
    return {};
}

Result<v1::FeedRecords> unpack_records(const v1::FeedPage& page) {
    Bytes raw;
    const bool stored = page.codec() == codec_stored.value();
    if (!stored) {
        TILL_TRY(raw, decompress(Codec{page.codec()}, page.payload(), page.raw_bytes()));
    }
    v1::FeedRecords records;
    if (!records.ParseFromString(stored ? page.payload() : raw))
        return Error{Errc::malformed, "not a feed's records"};
    return records;
}

}  // namespace till::sync
