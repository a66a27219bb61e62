#pragma once

#include "agent/runtime/deadline.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/experimental/channel.hpp>

#include <utility>

namespace till {

/// Lets one coroutine through at a time, in the order they came.
class Lane {
public:
    explicit Lane(const asio::any_io_executor& executor) : slot_{executor, 1} {}

    class Turn {
    public:
        explicit Turn(Lane* lane) : lane_{lane} {}
        Turn(Turn&& other) noexcept : lane_{std::exchange(other.lane_, nullptr)} {}
        Turn& operator=(Turn&&) = delete;
        ~Turn() {
            if (lane_) lane_->slot_.try_receive([](boost::system::error_code) {});
        }

    private:
        Lane* lane_;
    };

    asio::awaitable<Result<Turn>> enter() {
        const boost::system::error_code none;
        const auto [failed] = co_await slot_.async_send(none, nothrow);
        if (failed) co_return Error{Errc::abandoned, "waiting for the workstation"};
        co_return Turn{this};
    }

private:
    asio::experimental::channel<void(boost::system::error_code)> slot_;
};

}  // namespace till
