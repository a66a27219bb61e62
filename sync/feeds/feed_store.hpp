#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"
#include "sync/postgres/postgres.hpp"
#include "sync/wire/frames.pb.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace till::sync {

namespace v1 = tillstream::v1;

/// A change of one record: its new body, or none when it is removed. `version` is the store's to say.
using FeedChange = v1::FeedRecord;

/// The feeds of a centre. A feed is a set of records; each change of any of them is one new version of
/// the feed, all or nothing. Records come in the order of (version, key, store): a reader that follows
/// from a cursor to the end has the set as of the version that the last page names, also when it
/// changed meanwhile, because what changes moves behind the cursor's end.
///
/// Thread: one at a time; blocks.
class FeedStore {
public:
    /// In a file, made when it is not there.
    static Result<std::unique_ptr<FeedStore>> open(const std::filesystem::path& file,
                                                   Random& random);
    /// In a database that all gateways of a centre share.
    static Result<std::unique_ptr<FeedStore>> open(const PostgresAddress& address, Random& random);
    virtual ~FeedStore() = default;

    /// For a file that came from a backup: devices may know newer versions than it.
    static Result<void> renew_epoch(const std::filesystem::path& file, Random& random);

    virtual Result<Bytes> epoch() = 0;
    /// 0 for a feed that never changed.
    virtual Result<std::uint64_t> version(std::string_view feed) = 0;
    /// Every record that is not removed, by key and store.
    virtual Result<std::vector<v1::FeedRecord>> all(std::string_view feed) = 0;

    /// The newest state of the records of one key, whichever stores they are for; removed ones without a body.
    virtual Result<std::vector<v1::FeedRecord>> find(std::string_view feed,
                                                     std::string_view key) = 0;

    struct Page {
        std::vector<v1::FeedRecord> records;
        std::uint64_t version = 0;  ///< Of the feed, as of this page.
        bool last = false;          ///< Nothing follows.
    };
    /// What follows on `after` of the records for all and for `store`; at least one when there is any, and
    /// no more than `bytes_max` beyond that.
    virtual Result<Page> page(std::string_view feed, std::string_view store,
                              const v1::FeedCursor& after, std::size_t bytes_max) = 0;

    /// Makes version `expected` + 1 and returns it. Fails with stale when the feed is at another by now.
    virtual Result<std::uint64_t> change(std::string_view feed, std::uint64_t expected,
                                         const std::vector<FeedChange>& changes) = 0;
};

}  // namespace till::sync
