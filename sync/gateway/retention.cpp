#include "sync/gateway/retention.hpp"

#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"

namespace till::sync {

using namespace std::chrono_literals;

namespace {

constexpr auto first_look = 5s;  // Devices that come back all at once go first.
constexpr auto between_looks = 1h;
constexpr auto between_steps = 20ms;
constexpr std::size_t step_records = 1000;
constexpr std::size_t step_bytes = 1024 * 1024;

asio::awaitable<bool> pause(std::chrono::milliseconds time) {
    asio::steady_timer timer{co_await asio::this_coro::executor, time};
    auto [cancelled] = co_await timer.async_wait(nothrow);
    co_return !cancelled;
}

}  // namespace

asio::awaitable<void> Retention::run() {
    for (bool going = co_await pause(first_look); going; going = co_await pause(between_looks))
        co_await sweep();
}

asio::awaitable<void> Retention::sweep() {
    const auto rows = co_await ledger_.journals();
    if (!rows) co_return;  // The next look may find the disk in better health.
    for (const JournalRow& row : *rows) {
        const auto kept_from = co_await let_go(row);
        if (!kept_from)
            log(LogLevel::error, "retention", "a journal keeps its events",
                {{"journal", row.journal.value().text()}, {"cause", kept_from.error().detail}});
        else if (*kept_from > row.kept_from)
            log(LogLevel::info, "retention", "let go of events",
                {{"journal", row.journal.value().text()},
                 {"events", kept_from->value() - row.kept_from.value()},
                 {"kept_from", kept_from->value()}});
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) co_return;
    }
}

asio::awaitable<Result<Seq>> Retention::let_go(JournalRow row) {
    // Of most journals nothing is old enough: one event tells.
    const auto oldest = co_await old_after(row, 1);
    if (!oldest) co_return oldest.error();
    if (oldest->seq == row.kept_from) co_return row.kept_from;
    const auto ask = [journal = row.journal](ProjectionService::Desk& desk) {
        return desk.projector.settled(journal);
    };
    auto settled = co_await projection_.ask<Seq>(ask);
    if (!settled) co_return settled.error();
    TILL_CO_TRY(const Seq offered, crm_.offered(row.journal));
    settled = std::min(*settled, offered);
    while (row.kept_from < *settled) {
        const std::size_t left = settled->value() - row.kept_from.value();
        const auto upto = co_await old_after(row, std::min(step_records, left));
        if (!upto) co_return upto.error();
        if (upto->seq == row.kept_from) break;
        Note note{.store_epoch = ledger_.epoch(),
                  .journal = row.journal,
                  .first = Seq{1},
                  .last = upto->seq,
                  .hash = upto->hash,
                  .time = clock_.now().wall};
        KeptNote checkpoint{notes_->sign(std::move(note)), notes_->key()};
        const auto done = co_await ledger_.let_go(std::move(checkpoint));
        if (!done) co_return done.error();
        row.kept_from = upto->seq;
        const bool going = co_await pause(between_steps);
        if (!going) break;
    }
    co_return row.kept_from;
}

asio::awaitable<Result<Mark>> Retention::old_after(const JournalRow& row, std::size_t records) {
    const std::int64_t before = clock_.now().wall.value() - keep_.count();
    const auto run = co_await ledger_.read(row.journal, row.kept_from, step_bytes, records);
    if (!run) co_return run.error();
    Mark old{.seq = row.kept_from, .hash = {}};
    for (const StoredEnvelope& one : *run) {
        if (one.received_ms >= before) break;
        old = {one.envelope.seq, one.hash};
    }
    co_return old;
}

}  // namespace till::sync
