#pragma once

#include "agent/feedcopy/feed_copy.hpp"
#include "agent/runtime/task_group.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string_view>

namespace till {

/// Keeps a device's copy of a feed level with the centre's: asks when the link comes up, when there is news, and
/// now and then in case the news was lost. Thread: the loop's.
class FeedKeeper {
public:
    struct Parts {
        std::function<FeedCopy&()> copy;  ///< Asked each time: its owner may begin it anew.
        std::function<Result<FeedCopy::Taken>(const v1::FeedPage&, WallTime)> take;
        std::function<void(Bytes request)> ask;  ///< Hands a serialised FeedRequest to the link.
        std::function<void()> applied;           ///< A newer version is in use.
    };
    FeedKeeper(asio::any_io_executor executor, Parts parts, Clock& clock);

    void on_link_up();
    void on_news(std::string_view topic);
    void on_page(const v1::FeedPage& page);
    /// Asks again, unless an answer is under way since the last call.
    void look_again();

    /// Cleans up behind each version, a little at a time. Runs until cancelled.
    asio::awaitable<void> run();

private:
    void request();

    Parts parts_;
    Clock& clock_;
    bool asked_ = false, patient_ = false;
    asio::steady_timer changed_;  // Never expires; cancelled when there is something to clean up.
};

}  // namespace till
