#pragma once

#include "agent/core/secret.hpp"
#include "agent/feedcopy/feed_copy.hpp"
#include "sync/wire/customers.pb.h"

#include <chrono>

namespace till {

/// Whom this device recognises without the centre: a FeedCopy of the feed "customers" that tells a thief little.
/// Of an identifier only a keyed hash is on the disk, of the rest what a greeting and a question for consent
/// take, encrypted; the key lies in a file of its own, and what has the file and the key has it all
/// (cross/decisions/0205-customers-at-the-till.md). A device that has not heard of the centre for `max_age`
/// forgets all of it, key and file.
///
/// Thread: the loop's. find() is a read of some records, well below a millisecond.
class CustomerCache {
public:
    struct Options {
        std::filesystem::path file;
        std::string store;
        std::chrono::milliseconds max_age{0};
        /// This device's own key, made when it is not there, and forgotten with all that it opens.
        std::function<Result<Secret>()> key;
        std::function<void()> forget_key;
    };
    static Result<std::unique_ptr<CustomerCache>> open(Options options, WallTime now);

    FeedCopy& copy() { return *copy_; }
    Result<FeedCopy::Taken> take(const v1::FeedPage& page, WallTime now);
    /// Forgets everybody when the centre was last heard too long ago. True when it did.
    Result<bool> expire(WallTime now);

    /// By a normalised identifier; without its identifiers. Nothing when this device knows nobody by it.
    Result<std::optional<v1::CustomerCard>> find(v1::IdentifierType type, std::string_view value);

private:
    explicit CustomerCache(Options options) : options_{std::move(options)}, key_{""} {}
    Result<void> begin();
    Bytes name_of(v1::IdentifierType type, std::string_view value) const;

    Options options_;
    Secret key_;
    std::unique_ptr<FeedCopy> copy_;
};

}  // namespace till
