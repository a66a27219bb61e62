#include "agent/daemon/leftover.hpp"

#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"

namespace till {

Leftover::Leftover(asio::any_io_executor executor, OpenJournal journal, DeviceIdentity& identity,
                   Clock& clock, std::uint64_t seed)
    : identity_{identity},
      journal_{executor, std::move(journal.core), std::move(journal.options), clock},
      port_{journal_, [this] { acknowledged_.cancel(); }},
      uplink_{{.gateway = identity.enrolment().gateway,
               .hello = hello(journal_.identity(), identity.enrolment()),
               .seed = seed},
              port_,
              *this,
              clock},
      children_{executor},
      acknowledged_{executor, asio::steady_timer::time_point::max()} {}

asio::awaitable<void> Leftover::run() {
    const auto id = journal_.identity().journal.value().text();
    log(LogLevel::info, "leftover", "handing over an older journal", {{"journal", id}});
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto state = co_await asio::this_coro::cancellation_state;
    children_.spawn(uplink_.run());
    while (journal_.acknowledged().seq < journal_.head().seq
           && state.cancelled() == asio::cancellation_type::none)
        co_await acknowledged_.async_wait(nothrow);
    children_.cancel();
    co_await children_.join();
    if (journal_.acknowledged().seq == journal_.head().seq)
        log(LogLevel::info, "leftover", "handed over", {{"journal", id}});
}

}  // namespace till
