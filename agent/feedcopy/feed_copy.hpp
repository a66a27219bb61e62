#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"
#include "agent/store/database.hpp"
#include "sync/wire/frames.pb.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace till {

namespace v1 = tillstream::v1;

/// A device's copy of one feed of the centre. Pages are stored as they come, across restarts, and count for
/// nothing until the last of a version is here: then all of it is in use at once, by one small write. The file
/// is a copy: lost or damaged, it is fetched anew.
///
/// Thread: the loop's. Every function is one short read or write; take() syncs the disk once.
class FeedCopy {
public:
    struct Options {
        std::filesystem::path file;
        std::string feed;
        std::string store;  ///< The feed's records for all, and of this one.
    };
    /// A file that is damaged, or of another store, is begun anew.
    static Result<std::unique_ptr<FeedCopy>> open(Options options);

    const std::string& feed() const { return options_.feed; }
    /// What to ask the centre for.
    v1::FeedRequest request() const;

    enum class Taken : std::uint8_t {
        more,       ///< Stored; ask again.
        applied,    ///< A newer version is in use.
        unchanged,  ///< Nothing new, or an answer to an earlier question.
    };
    /// What is kept of a record, and the names it is found by.
    struct Kept {
        Bytes body;
        std::vector<Bytes> names;
    };
    using Keep = std::function<Result<Kept>(const v1::FeedRecord&)>;
    /// Stores a page. Fails as it cannot be read (malformed, unsupported) or stored; then nothing of it is.
    Result<Taken> take(const v1::FeedPage& page, WallTime now, const Keep& keep);

    /// Deletes some hundreds of records that are out of use. True while there may be more.
    Result<bool> tidy();

    std::uint64_t version() const { return state_.version; }  ///< 0: none has come.
    WallTime applied() const { return WallTime{state_.applied_ms}; }
    WallTime heard() const { return WallTime{state_.heard_ms}; }  ///< To the hour.

    /// The body of a record in use: the store's own hides the general one of the same key.
    Result<std::optional<Bytes>> find(std::string_view key);
    /// Keys of records that had this name, some of which may not have it any more.
    Result<std::vector<std::string>> keys_named(BytesView name);
    /// Keys from `first` up to, not including, `end`, of records in use or removed.
    Result<std::vector<std::string>> keys(std::string_view first, std::string_view end);

private:
    struct State {
        std::int64_t generation = 0;
        std::uint64_t version = 0;
        std::int64_t applied_ms = 0;
        std::int64_t next_generation = 0;
        Bytes next_epoch;
        v1::FeedCursor cursor;
        bool staging = false;
        std::int64_t heard_ms = 0;
    };

    FeedCopy(Options options, Database database)
        : options_{std::move(options)}, database_{std::move(database)} {}
    Result<void> load();
    Result<void> save(const State& state);
    Result<void> hear(WallTime now);
    Result<void> stage(const v1::FeedRecord& record, std::int64_t generation, const Keep& keep);

    Options options_;
    Database database_;
    State state_;
    Statement find_, named_, put_, id_, name_, supersede_;
};

}  // namespace till
