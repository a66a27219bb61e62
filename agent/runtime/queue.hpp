#pragma once

#include "agent/runtime/deadline.hpp"

#include <deque>
#include <optional>
#include <utility>

namespace till {

/// A queue between coroutines of one loop: push() never waits, pop() does. It has no bound of its
/// own: whoever pushes is bounded by credit or by a window, and says so.
template <class T>
class Queue {
public:
    explicit Queue(asio::any_io_executor executor)
        : wake_{executor, asio::steady_timer::time_point::max()} {}

    void push(T item) {
        items_.push_back(std::move(item));
        wake_.cancel();
    }
    /// What is queued is still popped; after that pop() gives nothing.
    void close() {
        closed_ = true;
        wake_.cancel();
    }
    /// The oldest item; nothing once closed and empty. One coroutine pops.
    asio::awaitable<std::optional<T>> pop() {
        while (items_.empty() && !closed_) co_await wake_.async_wait(nothrow);
        if (items_.empty()) co_return std::nullopt;
        std::optional<T> item{std::move(items_.front())};
        items_.pop_front();
        co_return item;
    }

private:
    asio::steady_timer wake_;  // Never expires; cancelled when something came.
    std::deque<T> items_;
    bool closed_ = false;
};

}  // namespace till
