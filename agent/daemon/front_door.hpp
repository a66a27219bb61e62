#pragma once

#include "agent/api/call_door.hpp"
#include "agent/api/http_door.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace till {

/// Stands before the doors of one agent after another: while the next one takes over (a new journal, new
/// keys) a request waits a moment instead of finding nobody, and who follows the feed is sent away.
/// Outlives its agents.
/// Thread: the loop's.
class FrontDoor {
public:
    struct Doors {
        HttpDoor* http = nullptr;
        CallDoor* calls = nullptr;
    };

    explicit FrontDoor(asio::any_io_executor executor)
        : changed_{executor, asio::steady_timer::time_point::max()} {}

    /// For HttpServer::listen.
    asio::awaitable<HttpResponse> handle(HttpRequest request);

    /// For ZmqServer::listen.
    asio::awaitable<Bytes> handle_call(Bytes call);

    void open(const Doors& doors);
    /// Returns when an agent's doors are open, or when none will be any more. Cancellable.
    asio::awaitable<void> wait_open();
    bool is_open() const { return doors_.has_value(); }
    /// From now on requests wait. Returns when those inside have been answered.
    asio::awaitable<void> close();
    /// Nobody takes over any more: those who wait are sent away.
    void shut();

private:
    struct Inside;
    asio::awaitable<std::shared_ptr<Inside>> enter();
    using Told = std::function<asio::awaitable<void>(HttpListener&)>;
    asio::awaitable<void> listen(Told told, HttpListener& listener);

    std::optional<Doors> doors_;
    bool shut_ = false;
    std::size_t inside_ = 0;
    asio::steady_timer changed_;  // Never expires; cancelled when any of the above changed.
};

}  // namespace till
