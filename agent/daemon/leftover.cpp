#include "agent/daemon/leftover.hpp"

#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"

namespace till {

Leftover::Leftover(asio::any_io_executor executor, OpenJournal journal, Home& home,
                   DeviceIdentity& identity, Bytes store_epoch, Clock& clock, std::uint64_t seed)
    : home_{home},
      identity_{identity},
      journal_{executor, std::move(journal.core), std::move(journal.options), clock},
      port_{journal_, identity.enrolment().server_ca_pem, [this] { changed_.cancel(); }},
      uplink_{{.gateway = identity.enrolment().gateway,
               .hello = hello(journal_.identity(), identity.enrolment()),
               .seed = seed},
              port_,
              *this,
              clock},
      children_{executor},
      store_epoch_{std::move(store_epoch)},
      changed_{executor, asio::steady_timer::time_point::max()} {}

asio::awaitable<void> Leftover::run() {
    const auto id = journal_.identity().journal.value().text();
    log(LogLevel::info, "leftover", "handing over an older journal", {{"journal", id}});
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto state = co_await asio::this_coro::cancellation_state;
    children_.spawn(uplink_.run());
    while (!is_done() && children_.size() > 0 && state.cancelled() == asio::cancellation_type::none)
        co_await changed_.async_wait(nothrow);
    children_.cancel();
    co_await children_.join();
    if (is_done()) log(LogLevel::info, "leftover", "handed over", {{"journal", id}});
}

bool Leftover::is_done() const {
    const auto acknowledged = journal_.acknowledged();
    return retired_
           || (acknowledged.seq == journal_.head().seq && acknowledged.store_epoch == store_epoch_);
}

void Leftover::on_retired(const Bytes& store_epoch) {
    retired_ = true;
    changed_.cancel();
    if (const auto saved = home_.save_retired(journal(), store_epoch); !saved)
        log(LogLevel::warning, "leftover", "it was not noted, and will be offered again",
            {{"error", saved.error().detail}});
}

}  // namespace till
