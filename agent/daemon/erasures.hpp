#pragma once

#include "agent/daemon/home.hpp"
#include "agent/feedcopy/feed_copy.hpp"
#include "agent/journal/journal.hpp"

#include <functional>
#include <memory>

namespace till {

/// Deletes from this device's journals what the centre says must go: sealed parts of customers who were erased, by
/// the feed "erasures". Thread: the loop's; a journal's own thread does the current one's.
class Erasures {
public:
    /// `is_open` says whether an earlier journal is still written to: it has its turn once it is handed over.
    static Result<std::unique_ptr<Erasures>> open(Home& home, Journal& journal,
                                                  const std::string& store,
                                                  std::function<bool(const JournalId&)> is_open);

    FeedCopy& copy() { return *copy_; }
    Result<FeedCopy::Taken> take(const v1::FeedPage& page, WallTime now);
    /// Does what is not done; again is harmless.
    asio::awaitable<Result<void>> obey();
    std::uint64_t done() const { return done_; }  ///< Obeyed up to this version of the feed.

private:
    Erasures(Home& home, Journal& journal, std::unique_ptr<FeedCopy> copy,
             std::function<bool(const JournalId&)> is_open)
        : home_{home}, journal_{journal}, copy_{std::move(copy)}, is_open_{std::move(is_open)} {}
    asio::awaitable<Result<bool>> erase(const JournalId& journal, std::vector<Seq> events);

    Home& home_;
    Journal& journal_;
    std::unique_ptr<FeedCopy> copy_;
    std::function<bool(const JournalId&)> is_open_;
    std::uint64_t done_ = 0;
};

}  // namespace till
