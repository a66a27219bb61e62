#include "sync/uplink/link.hpp"

#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"

namespace till::sync {

namespace {

using namespace std::chrono_literals;

constexpr auto tick_interval = 1s;
constexpr auto goodbye_time = 1s;

}  // namespace

Link::Link(Uplink& uplink, MessagePipe pipe, UplinkSession::Options hello,
           asio::any_io_executor executor)
    : uplink_{uplink},
      pipe_{std::move(pipe)},
      session_{hello},
      head_{hello.head.seq},
      children_{executor},
      changed_{executor, asio::steady_timer::time_point::max()} {}

asio::awaitable<Result<Hangup>> Link::run() {
    children_.spawn(receive());
    children_.spawn(send());
    children_.spawn(tick());
    children_.spawn(watch_growth(head_));
    feed(UplinkSession::Connected{uplink_.clock_.now()});

    // A cancellation is remembered, and thrown to the caller's next wait when all is put away here.
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto state = co_await asio::this_coro::cancellation_state;
    while (!ended_ && state.cancelled() == asio::cancellation_type::none)
        co_await changed_.async_wait(nothrow);
    const bool stopped = !ended_;
    if (stopped) feed(UplinkSession::Stop{uplink_.clock_.now()});

    // Said before it is cut: what waits in the queue, the last acknowledge, the closing handshake.
    if (ended_ && *ended_) (void)co_await with_deadline(goodbye_time, say_goodbye());
    pipe_.cut();
    children_.cancel();
    co_await children_.join();
    co_await asio::this_coro::throw_if_cancelled(true);
    if (stopped) co_return Error{Errc::abandoned, "stopping"};
    co_return *std::move(ended_);
}

void Link::feed(UplinkSession::Event event) {
    events_.push_back(std::move(event));
    if (std::exchange(feeding_, true)) return;  // An action's performer fed it: after the others.
    while (!events_.empty()) {
        auto actions = session_.on(std::move(events_.front()));
        events_.pop_front();
        for (auto& action : actions)
            std::visit([this](auto& one) { perform(std::move(one)); }, action);
    }
    feeding_ = false;
}

void Link::end(Result<Hangup> how) {
    if (!ended_) ended_ = std::move(how);
    changed_.cancel();
}

asio::awaitable<void> Link::receive() {
    for (;;) {
        auto message = co_await pipe_.read();
        if (!message) co_return end(std::move(message).error());
        feed(Received{*std::move(message), uplink_.clock_.now()});
    }
}

asio::awaitable<void> Link::send() {
    for (;;) {
        while (outgoing_.empty()) co_await changed_.async_wait(nothrow);
        const auto written = co_await pipe_.write(outgoing_.front());
        if (!written) co_return end(written.error());
        outgoing_.pop_front();
        if (outgoing_.empty()) changed_.cancel();
    }
}

asio::awaitable<void> Link::tick() {
    asio::steady_timer timer{co_await asio::this_coro::executor};
    for (;;) {
        timer.expires_after(tick_interval);
        co_await timer.async_wait(nothrow);
        feed(Tick{uplink_.clock_.now()});
    }
}

asio::awaitable<void> Link::watch_growth(Seq known) {
    for (;;) {
        const auto grown = co_await uplink_.journal_.wait_beyond(known);
        if (!grown) co_return end(grown.error());
        const Mark head = uplink_.journal_.standing().head;
        known = head.seq;
        feed(UplinkSession::Grown{head, uplink_.clock_.now()});
    }
}

asio::awaitable<void> Link::read_records(UplinkSession::ReadRecords wanted) {
    auto records =
        co_await uplink_.journal_.read(wanted.from, wanted.bytes_max, wanted.records_max);
    feed(UplinkSession::RecordsRead{std::move(records), uplink_.clock_.now()});
}

asio::awaitable<void> Link::read_hash(UplinkSession::ReadHash wanted) {
    auto hash = co_await uplink_.journal_.hash_at(wanted.at);
    feed(UplinkSession::HashRead{std::move(hash), uplink_.clock_.now()});
}

/// Acks that come while one is being noted are merged: the newest counts.
asio::awaitable<void> Link::acknowledge() {
    while (acknowledged_) {
        const auto newest = *std::exchange(acknowledged_, std::nullopt);
        const auto noted = co_await uplink_.journal_.acknowledge(newest.seq, newest.store_epoch);
        if (!noted)
            log(LogLevel::warning, "uplink", "an acknowledgement was not noted",
                {{"seq", newest.seq.value()}, {"error", noted.error().detail}});
    }
    acknowledging_ = false;
    changed_.cancel();
}

asio::awaitable<void> Link::keep_note(KeptNote kept) {
    const auto upto = kept.note.last.value();
    const auto done = co_await uplink_.journal_.keep_note(std::move(kept));
    if (!done && done.error().code != Errc::unsupported)
        log(LogLevel::warning, "uplink", "the centre's note was not kept",
            {{"upto", upto}, {"error", done.error().detail}});
}

asio::awaitable<void> Link::finish_sending() {
    while (!outgoing_.empty() || acknowledging_) co_await changed_.async_wait(nothrow);
}

asio::awaitable<Result<void>> Link::say_goodbye() {
    co_await finish_sending();
    co_return co_await pipe_.close();
}

void Link::perform(Send action) {
    outgoing_.push_back(std::move(action.message));
    if (outgoing_.size() == 1) changed_.cancel();
}

void Link::perform(Hangup action) { end(std::move(action)); }

void Link::perform(UplinkSession::ReadRecords action) { children_.spawn(read_records(action)); }

void Link::perform(UplinkSession::ReadHash action) { children_.spawn(read_hash(action)); }

void Link::perform(UplinkSession::Acknowledge action) {
    uplink_.state_.mark = action.seq;
    acknowledged_ = std::move(action);
    if (!std::exchange(acknowledging_, true)) children_.spawn(acknowledge());
}

void Link::perform(const UplinkSession::Welcomed& action) {
    uplink_.state_.clock = action.clock;
    uplink_.state_.sealing_key_id = action.sealing_key_id;
    uplink_.note_up(true);
    uplink_.owner_.on_welcomed(action);
}

void Link::perform(const UplinkSession::Forked& action) { uplink_.owner_.on_forked(action.centre); }

void Link::perform(const UplinkSession::Retired& action) {
    retired_ = true;
    uplink_.owner_.on_retired(action.store_epoch);
}

void Link::perform(const UplinkSession::TotalsStored& action) {
    uplink_.owner_.on_totals_stored(action.business_day, action.amendment);
}

void Link::perform(const UplinkSession::Noticed& action) {
    uplink_.owner_.on_noticed(action.topic, action.version);
}

void Link::perform(const UplinkSession::FeedCame& action) {
    uplink_.owner_.on_feed_page(action.page);
}

void Link::perform(const UplinkSession::CustomerAnswered& action) {
    uplink_.owner_.on_customer_answer(action.answer);
}

void Link::perform(UplinkSession::Noted action) {
    children_.spawn(keep_note(std::move(action.kept)));
}

}  // namespace till::sync
