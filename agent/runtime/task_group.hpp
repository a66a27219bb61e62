#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cassert>
#include <cstddef>
#include <list>

namespace till {

namespace asio = boost::asio;

/// Owns the coroutines a service starts. A service may not finish before its group is empty, so no
/// task outlives the object it refers to. One thread (or strand): that of `executor`.
///
/// A task that ends by an exception other than cancellation is a bug: the exception is thrown out
/// of the loop's run() and reaches main().
class TaskGroup {
public:
    explicit TaskGroup(asio::any_io_executor executor)
        : executor_{executor}, idle_{executor, asio::steady_timer::time_point::max()} {}
    TaskGroup(const TaskGroup&) = delete;
    ~TaskGroup() { assert(signals_.empty() && "task group destroyed with live tasks"); }

    /// Starts `task` on the group's executor; it begins running when the loop next turns.
    void spawn(asio::awaitable<void> task);
    void cancel();  ///< Asks every task to stop.
    /// Returns when the last one has, also when the caller is cancelled. A coroutine that was cancelled
    /// throws at its next co_await, before it gets here: one that owns a group begins with
    /// `co_await asio::this_coro::throw_if_cancelled(false)`.
    asio::awaitable<void> join();
    std::size_t size() const noexcept { return signals_.size(); }

private:
    asio::any_io_executor executor_;
    asio::steady_timer idle_;  // Never expires; cancelled when the group empties.
    std::list<asio::cancellation_signal> signals_;
};

}  // namespace till
