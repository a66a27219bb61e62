#include "agent/daemon/feed_keeper.hpp"

#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"

namespace till {

namespace {

using namespace std::chrono_literals;

constexpr auto between_cleanings = 20ms;

}  // namespace

FeedKeeper::FeedKeeper(asio::any_io_executor executor, Parts parts, Clock& clock)
    : parts_{std::move(parts)},
      clock_{clock},
      changed_{executor, asio::steady_timer::time_point::max()} {}

void FeedKeeper::request() {
    asked_ = patient_ = true;
    parts_.ask(parts_.copy().request().SerializeAsString());
}

void FeedKeeper::on_link_up() { request(); }

void FeedKeeper::on_news(std::string_view topic) {
    if (topic == "feed/" + parts_.copy().feed() && !asked_) request();
}

void FeedKeeper::look_again() {
    if (asked_ && std::exchange(patient_, false)) return;
    request();
}

void FeedKeeper::on_page(const v1::FeedPage& page) {
    const std::string& feed = parts_.copy().feed();
    if (page.feed() != feed) return;
    asked_ = false;
    const auto taken = parts_.take(page, clock_.now().wall);
    if (!taken)
        return log(LogLevel::warning, "feeds", "a page was not stored",
                   {{"feed", feed}, {"error", taken.error().detail}});
    if (*taken == FeedCopy::Taken::more) return request();
    if (*taken == FeedCopy::Taken::unchanged) return;
    log(LogLevel::info, "feeds", "a version is in use",
        {{"feed", feed}, {"version", parts_.copy().version()}});
    parts_.applied();
    changed_.cancel();
    request();  // What changed while this one came.
}

asio::awaitable<void> FeedKeeper::run() {
    asio::steady_timer pause{co_await asio::this_coro::executor};
    for (;;) {
        const auto more = parts_.copy().tidy();
        if (!more)
            log(LogLevel::warning, "feeds", "old records are not cleaned up",
                {{"feed", parts_.copy().feed()}, {"error", more.error().detail}});
        if (more && *more) {
            pause.expires_after(between_cleanings);
            const auto [cancelled] = co_await pause.async_wait(nothrow);
            if (cancelled) co_return;
            continue;
        }
        co_await changed_.async_wait(nothrow);
        const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
        if (cancelled != asio::cancellation_type::none) co_return;
    }
}

}  // namespace till
