#pragma once

#include "agent/api/http_door.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

namespace till {

/// Stands before the loopback door of one agent after another: while the next one takes over (a new
/// journal, new keys) a request waits a moment instead of finding nobody. Outlives its agents.
/// Thread: the loop's.
class FrontDoor {
public:
    explicit FrontDoor(asio::any_io_executor executor)
        : changed_{executor, asio::steady_timer::time_point::max()} {}

    /// For HttpServer::listen.
    asio::awaitable<HttpResponse> handle(HttpRequest request);

    void open(HttpDoor& door);
    /// From now on requests wait. Returns when those inside have been answered.
    asio::awaitable<void> close();
    /// Nobody takes over any more: those who wait are sent away.
    void shut();

private:
    HttpDoor* door_ = nullptr;
    bool shut_ = false;
    std::size_t inside_ = 0;
    asio::steady_timer changed_;  // Never expires; cancelled when any of the above changed.
};

}  // namespace till
