#include "agent/capture/submission.hpp"

#include "agent/core/limits.hpp"
#include "agent/core/match.hpp"
#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"

#include <algorithm>
#include <numeric>

namespace till {

namespace v1 = tillstream::v1;

namespace {

bool is_settled(const Result<v1::Captured>& outcome) {
    if (outcome) return true;
    switch (outcome.error().code) {
        case Errc::conflict:
        case Errc::malformed:
        case Errc::out_of_range:
        case Errc::unsupported:
        case Errc::not_found:
            return true;
        default:
            return false;
    }
}

}  // namespace

Submission::Submission(asio::any_io_executor executor, CaptureSink& sink, RetryPause pause)
    : executor_{executor},
      sink_{sink},
      retry_{pause},
      children_{executor},
      landed_{executor, asio::steady_timer::time_point::max()} {}

CaptureSink::Answer Submission::call(const PendingCapture& capture) {
    const Request& request = capture.request;
    return std::visit(
        Match{
            [&](const v1::RecordTransaction& it) { return sink_.record_transaction(request, it); },
            [&](const v1::RecordAdjustment& it) { return sink_.record_adjustment(request, it); },
            [&](const v1::RecordRowsSetAside& it) {
                return sink_.record_rows_set_aside(request, it);
            }},
        capture.command);
}

asio::awaitable<void> Submission::capture(std::size_t at) {
    constexpr auto limit =
        std::chrono::duration_cast<std::chrono::milliseconds>(limits::request_time_max);
    auto outcome = co_await with_deadline(limit, call(batch_[at]));
    batch_[at].outcome = std::move(outcome);
    if (--in_flight_ == 0) landed_.cancel();
}

void Submission::launch(const std::vector<std::size_t>& which) {
    in_flight_ = which.size();
    for (const std::size_t at : which) children_.spawn(capture(at));
}

void Submission::start(std::vector<PendingCapture> batch) {
    batch_ = std::move(batch);
    std::vector<std::size_t> all(batch_.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    launch(all);
}

asio::awaitable<bool> Submission::wait_for_flight() {
    for (;;) {
        const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) co_return false;
        if (in_flight_ == 0) co_return true;
        const auto woken = co_await landed_.async_wait(nothrow);
        static_cast<void>(woken);
    }
}

asio::awaitable<bool> Submission::pause(std::chrono::milliseconds length, std::size_t waiting,
                                        Errc why) {
    log(LogLevel::warning, "capture", "waiting before captures are tried again",
        {{"captures", std::uint64_t{waiting}},
         {"reason", name(why)},
         {"pause_ms", std::int64_t{length.count()}}});
    asio::steady_timer timer{executor_, length};
    const auto [cancelled] = co_await timer.async_wait(nothrow);
    co_return !cancelled;
}

asio::awaitable<Result<std::vector<PendingCapture>>> Submission::settle() {
    for (auto length = retry_.first;; length = std::min(length * 2, retry_.most)) {
        if (!co_await wait_for_flight()) co_return Error{Errc::abandoned, "file drop stopped"};
        std::vector<std::size_t> open;
        for (std::size_t at = 0; at < batch_.size(); ++at)
            if (!is_settled(batch_[at].outcome)) open.push_back(at);
        if (open.empty()) co_return std::exchange(batch_, {});
        const Errc why = batch_[open.front()].outcome.error().code;
        if (!co_await pause(length, open.size(), why))
            co_return Error{Errc::abandoned, "file drop stopped"};
        launch(open);
    }
}

asio::awaitable<void> Submission::stop() {
    children_.cancel();
    co_await children_.join();
}

}  // namespace till
