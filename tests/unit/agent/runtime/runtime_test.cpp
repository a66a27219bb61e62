#include "agent/runtime/deadline.hpp"
#include "agent/runtime/system_clock.hpp"
#include "agent/runtime/task_group.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <catch2/catch.hpp>

#include <optional>

using namespace till;
using namespace std::chrono_literals;

namespace {

Result<int> run(asio::awaitable<Result<int>> work) {
    asio::io_context loop;
    std::optional<Result<int>> out;
    const auto on_done = [&](std::exception_ptr failure, Result<int> value) {
        if (failure) std::rethrow_exception(failure);
        out = std::move(value);
    };
    asio::co_spawn(loop, std::move(work), on_done);
    loop.run();
    return *out;
}

asio::awaitable<Result<int>> slow() {
    asio::steady_timer timer{co_await asio::this_coro::executor, 10s};
    co_await timer.async_wait(nothrow);
    co_return 1;
}

asio::awaitable<Result<int>> quick() { co_return 7; }

asio::awaitable<void> nap() {
    asio::steady_timer timer{co_await asio::this_coro::executor, 10s};
    co_await timer.async_wait(nothrow);
    co_await timer.async_wait(nothrow);  // Once cancelled, the next await throws operation_aborted.
}

asio::awaitable<void> guarded_nap(std::vector<Errc>& seen) {
    const auto result = co_await with_deadline(5s, slow());
    seen.push_back(result ? Errc::stale : result.error().code);
}

}  // namespace

TEST_CASE("runtime: slow work ends as timed_out, quick work with its answer", "[runtime]") {
    CHECK(run(with_deadline(20ms, slow())).error().code == Errc::timed_out);
    CHECK(*run(with_deadline(20ms, quick())) == 7);
}

TEST_CASE("runtime: being cancelled from outside is not reported as a timeout", "[runtime]") {
    asio::io_context loop;
    TaskGroup group{loop.get_executor()};
    std::vector<Errc> seen;
    group.spawn(guarded_nap(seen));
    asio::steady_timer stop{loop, 5ms};
    stop.async_wait([&](auto) { group.cancel(); });
    loop.run_for(2s);
    REQUIRE(seen.size() == 1);
    CHECK(seen[0] != Errc::timed_out);
}

TEST_CASE("runtime: a task group joins only after every cancelled child has left", "[runtime]") {
    asio::io_context loop;
    TaskGroup group{loop.get_executor()};
    group.spawn(nap());
    group.spawn(nap());
    bool joined = false;
    asio::co_spawn(loop, group.join(), [&](std::exception_ptr) { joined = group.size() == 0; });
    asio::steady_timer stop{loop, 5ms};
    stop.async_wait([&](auto) { group.cancel(); });
    loop.run_for(1s);
    CHECK(joined);
}

TEST_CASE("runtime: the system clock knows its boot and does not run backwards", "[runtime]") {
    SystemClock clock;
    const Times a = clock.now(), b = clock.now();
    CHECK(a.boot == b.boot);
    CHECK_FALSE(a.boot.value().is_nil());
    CHECK(a.since_boot <= b.since_boot);
}
