#include "agent/runtime/task_group.hpp"

#include "agent/runtime/deadline.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <exception>

namespace till {

namespace {

bool is_cancellation(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error& e) {
        return e.code() == asio::error::operation_aborted;
    } catch (...) { return false; }
}

}  // namespace

void TaskGroup::spawn(asio::awaitable<void> task) {
    const auto signal = signals_.emplace(signals_.end());
    const auto on_done = [this, signal](std::exception_ptr failure) {
        signals_.erase(signal);
        if (signals_.empty()) idle_.cancel();
        if (failure && !is_cancellation(failure)) std::rethrow_exception(failure);
    };
    asio::co_spawn(executor_, std::move(task),
                   asio::bind_cancellation_slot(signal->slot(), on_done));
}

void TaskGroup::cancel() {
    for (auto it = signals_.begin(); it != signals_.end();)
        (it++)->emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> TaskGroup::join() {
    // A cancellation only makes one wait end early. It is kept for the caller, who may throw it.
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!signals_.empty()) co_await idle_.async_wait(nothrow);
}

}  // namespace till
