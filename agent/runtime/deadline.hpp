#pragma once

#include "agent/core/result.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <utility>
#include <variant>

namespace till {

namespace asio = boost::asio;

/// Completes with a tuple whose first element is the error_code: I/O never throws.
inline constexpr auto nothrow = asio::as_tuple(asio::use_awaitable);

/// Runs `work`, cancelling it if it is not done within `limit` (timed_out). The caller's own
/// cancellation comes back as abandoned, never as a timeout.
///
/// Boost 1.81 has no cancel_after; this is the one place that knows. Both sides must share a
/// single-threaded executor or strand: parallel_group is not thread-safe.
template <class T>
asio::awaitable<Result<T>> with_deadline(std::chrono::milliseconds limit,
                                         asio::awaitable<Result<T>> work) {
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer{co_await asio::this_coro::executor, limit};
    auto first = co_await (std::move(work) || timer.async_wait(nothrow));
    if (auto* work_done = std::get_if<0>(&first)) co_return std::move(*work_done);
    const auto [cancelled] = std::get<1>(first);
    co_return Error{cancelled ? Errc::abandoned : Errc::timed_out, "deadline"};
}

}  // namespace till
