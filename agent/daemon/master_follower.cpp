#include "agent/daemon/master_follower.hpp"

#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"
#include "sync/masterdata/master_keys.hpp"

namespace till {

namespace {

using namespace std::chrono_literals;

constexpr auto between_cleanings = 20ms;

}  // namespace

MasterFollower::MasterFollower(asio::any_io_executor executor, MasterData& data, Clock& clock,
                               std::function<void(Bytes)> ask, std::function<void()> applied)
    : data_{data},
      clock_{clock},
      ask_{std::move(ask)},
      applied_{std::move(applied)},
      changed_{executor, asio::steady_timer::time_point::max()} {}

void MasterFollower::request() {
    asked_ = patient_ = true;
    ask_(data_.request().SerializeAsString());
}

void MasterFollower::on_link_up() { request(); }

void MasterFollower::on_news(std::string_view topic) {
    if (topic == "feed/" + std::string{sync::master_feed} && !asked_) request();
}

void MasterFollower::look_again() {
    if (asked_ && std::exchange(patient_, false)) return;
    request();
}

void MasterFollower::on_page(const v1::FeedPage& page) {
    if (page.feed() != sync::master_feed) return;
    asked_ = false;
    const auto taken = data_.take(page, clock_.now().wall);
    if (!taken)
        return log(LogLevel::warning, "masterdata", "a page was not stored",
                   {{"error", taken.error().detail}});
    if (*taken == MasterData::Taken::more) return request();
    if (*taken == MasterData::Taken::unchanged) return;
    log(LogLevel::info, "masterdata", "a version is in use", {{"version", data_.version()}});
    applied_();
    changed_.cancel();
    request();  // What changed while this one came.
}

asio::awaitable<void> MasterFollower::run() {
    asio::steady_timer pause{co_await asio::this_coro::executor};
    for (;;) {
        const auto more = data_.tidy();
        if (!more)
            log(LogLevel::warning, "masterdata", "old records are not cleaned up",
                {{"error", more.error().detail}});
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
