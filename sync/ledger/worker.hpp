#pragma once

#include "agent/core/result.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

namespace till::sync {

namespace asio = boost::asio;

/// Where an answer goes: completes a waiting coroutine on its own executor, from any thread.
template <class T>
using Answer = std::move_only_function<void(Result<T>)>;

/// Suspends the calling coroutine until the Answer given to `start` is called (once). Not
/// cancellable: work that was handed over is answered when it is done. The answer keeps the
/// coroutine's io_context running, and must be called before that io_context is destroyed.
template <class T>
asio::awaitable<Result<T>> answered(std::move_only_function<void(Answer<T>)> start) {
    auto initiation = [](auto handler, std::move_only_function<void(Answer<T>)> begin) {
        auto executor = asio::get_associated_executor(handler);
        auto guard = asio::make_work_guard(executor);
        begin([executor, guard = std::move(guard),
               handler = std::move(handler)](Result<T> result) mutable {
            asio::post(executor,
                       [handler = std::move(handler), result = std::move(result)]() mutable {
                           std::move(handler)(std::move(result));
                       });
        });
    };
    return asio::async_initiate<const asio::use_awaitable_t<>, void(Result<T>)>(
        initiation, asio::use_awaitable, std::move(start));
}

/// One thread that does blocking work (SQLite) in the order it was asked, so that no loop blocks.
class Worker {
public:
    Worker() : thread_{[this] { turn(); }} {}
    Worker(const Worker&) = delete;
    ~Worker();  ///< Finishes what was asked, then joins.

    /// Runs `work` on the worker's thread. Callable from any thread; answers on the caller's executor.
    template <class T>
    asio::awaitable<Result<T>> run(std::move_only_function<Result<T>()> work) {
        return answered<T>([this, work = std::move(work)](Answer<T> answer) mutable {
            push(
                [work = std::move(work), answer = std::move(answer)]() mutable { answer(work()); });
        });
    }

private:
    void push(std::move_only_function<void()> job);
    void turn();

    std::mutex mutex_;
    std::condition_variable asked_;
    std::deque<std::move_only_function<void()>> jobs_;
    bool ending_ = false;
    std::thread thread_;  // Last: it uses the others.
};

}  // namespace till::sync
