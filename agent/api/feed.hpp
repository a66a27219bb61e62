#pragma once

#include "agent/api/command_table.hpp"
#include "agent/journal/journal.hpp"

#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace till {

/// What happens on the device, message by message: captures as they lie in the journal, and states, such as
/// how the link to the centre stands. Every follower has a cursor of its own into the journal, so none needs
/// memory here and none that is slow holds up another, or a capture.
///
/// References must outlive it. Thread: the loop's.
class Feed {
public:
    Feed(asio::any_io_executor executor, Journal& journal)
        : journal_{journal}, changed_{executor, asio::steady_timer::time_point::max()} {}

    /// A state that each follower is told at first, and whenever it has changed; `say` fills in the message.
    void add_state(std::string topic, std::function<void(v1::FeedMessage&)> say);
    /// Many changes in a moment become one message.
    void changed(std::string_view topic);

    /// Something that happened and is kept nowhere. Those who follow now are told at once, in order; one that is
    /// hundreds behind misses the oldest.
    void happened(v1::FeedMessage message);

    Journal& journal() { return journal_; }

private:
    friend class FeedFollower;
    Journal& journal_;
    struct State {
        std::string topic;
        std::function<void(v1::FeedMessage&)> say;
        std::uint64_t version = 1;
    };
    std::vector<State> states_;
    std::deque<v1::FeedMessage> happenings_;
    std::uint64_t happened_ = 0;  // So many, the last of them at the deque's end.
    asio::steady_timer
        changed_;  // Never expires; cancelled when a version grew, or something happened.
};

/// One reader of the feed. It begins with the states, then gives captures after `after`; those
/// that the device has let go of are passed over.
class FeedFollower {
public:
    /// `topics` are beginnings of topics, with commas between; empty: all.
    FeedFollower(Feed& feed, Seq after, std::string_view topics);

    /// The next messages, at least one, in order; waits until there is any. Fails with abandoned when
    /// cancelled, else as the journal does.
    asio::awaitable<Result<std::vector<v1::FeedMessage>>> next();

private:
    using Messages = std::vector<v1::FeedMessage>;
    asio::awaitable<Result<Messages>> captures();
    asio::awaitable<Result<void>> wait();
    bool wants(std::string_view topic) const;
    bool has_news() const;
    Messages news();
    Messages happenings();

    Feed& feed_;
    Seq after_;
    std::vector<std::string> topics_;
    std::vector<std::uint64_t> told_;  // Version of each state.
    std::uint64_t heard_;              // Of what happened.
    std::chrono::steady_clock::time_point told_at_{};
};

/// "capture.retail_transaction"; a kind this build does not know is "capture.unknown".
std::string topic_of(const v1::StoredEvent& event);

}  // namespace till
