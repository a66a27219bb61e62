#pragma once

#include "sync/feeds/feed_store.hpp"

// Private to the module: what both stores share.
namespace till::sync::detail {

inline constexpr std::size_t epoch_bytes = 16;

inline Bytes make_epoch(Random& random) {
    std::array<std::uint8_t, epoch_bytes> bytes{};
    random.fill(bytes);
    return Bytes{view(bytes)};
}

/// Of a row key, store, alias, version, body.
inline v1::FeedRecord read_record(const auto& row) {
    v1::FeedRecord record;
    record.set_key(Bytes{row.bytes(0)});
    record.set_store(Bytes{row.bytes(1)});
    record.set_alias(Bytes{row.bytes(2)});
    record.set_version(static_cast<std::uint64_t>(row.integer(3)));
    if (const auto body = row.optional_bytes(4)) record.set_body(Bytes{*body});
    return record;
}

inline std::size_t size_of(const v1::FeedRecord& record) {
    constexpr std::size_t framing = 16;
    return record.key().size() + record.store().size() + record.alias().size()
           + record.body().size() + framing;
}

/// Takes rows until a page is full: false for the one that does not fit any more.
struct PageFiller {
    FeedStore::Page page;
    std::size_t room;

    bool take(v1::FeedRecord record) {
        const std::size_t size = size_of(record);
        if (!page.records.empty() && size > room) return false;
        room -= std::min(room, size);
        page.records.push_back(std::move(record));
        return true;
    }
};

inline Error moved_on() { return {Errc::stale, "the feed was changed meanwhile: try again"}; }

}  // namespace till::sync::detail
