#pragma once

#include "agent/masterdata/master_data.hpp"
#include "agent/runtime/task_group.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string_view>

namespace till {

/// Keeps a device's master data level with the centre's: asks when the link comes up, when there is news, and
/// now and then in case the news was lost. Thread: the loop's.
class MasterFollower {
public:
    /// `ask` hands a serialised FeedRequest to the link; `applied` is called when a newer version is in use.
    MasterFollower(asio::any_io_executor executor, MasterData& data, Clock& clock,
                   std::function<void(Bytes request)> ask, std::function<void()> applied);

    void on_link_up();
    void on_news(std::string_view topic);
    void on_page(const v1::FeedPage& page);
    /// Asks again, unless an answer is under way since the last call.
    void look_again();

    /// Cleans up behind each version, a little at a time. Runs until cancelled.
    asio::awaitable<void> run();

private:
    void request();

    MasterData& data_;
    Clock& clock_;
    std::function<void(Bytes)> ask_;
    std::function<void()> applied_;
    bool asked_ = false, patient_ = false;
    asio::steady_timer changed_;  // Never expires; cancelled when there is something to clean up.
};

}  // namespace till
