#include "sync/uplink/uplink.hpp"

#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"
#include "sync/session/backoff.hpp"
#include "sync/uplink/connect.hpp"
#include "sync/uplink/link.hpp"

namespace till::sync {

Uplink::Uplink(Options options, JournalSource& journal, UplinkOwner& owner, Clock& clock)
    : options_{std::move(options)}, journal_{journal}, owner_{owner}, clock_{clock} {
    state_.mark = journal_.standing().acknowledged;
    state_.since = clock_.now();
}

Uplink::~Uplink() = default;

asio::awaitable<void> Uplink::run() {
    Backoff backoff{options_.seed};
    asio::steady_timer pause{co_await asio::this_coro::executor};
    for (;;) {
        const Ended ended = co_await connect_and_sync();
        note_down(ended);
        if (ended.next == Next::finish) co_return;
        if (std::exchange(welcomed_, false)) backoff.reset();
        pause.expires_after(ended.refused ? backoff.knock() : backoff.next(ended.retry_after));
        const auto [cancelled] = co_await pause.async_wait(nothrow);
        if (cancelled) co_return;
    }
}

asio::awaitable<Uplink::Ended> Uplink::connect_and_sync() {
    const auto context = co_await owner_.context();
    if (!context) co_return Ended{Next::retry, context.error().detail};
    auto stream = co_await connect(options_.gateway, *context, options_.handshake_time);
    if (!stream) {
        Ended ended{Next::retry, stream.error().detail};
        ended.refused = stream.error().code == Errc::busy;
        co_return ended;
    }
    auto pipe = co_await with_deadline(
        options_.handshake_time,
        MessagePipe::open(*std::move(stream), options_.gateway.name.text(), options_.target));
    if (!pipe) {
        Ended ended{Next::retry, pipe.error().detail};
        ended.forbidden = pipe.error().code == Errc::forbidden;
        co_return ended;
    }

    const auto kept_from = co_await journal_.kept_from();
    if (!kept_from) co_return Ended{Next::retry, kept_from.error().detail};
    auto hello = options_.hello;
    auto standing = journal_.standing();
    hello.head = standing.head;
    hello.acknowledged = standing.acknowledged;
    hello.store_epoch = std::move(standing.store_epoch);
    hello.kept_from = *kept_from;
    hello.noted = standing.noted;
    hello.note_key = std::move(standing.note_key);
    Link link{*this, *std::move(pipe), std::move(hello), co_await asio::this_coro::executor};
    link_ = &link;
    const auto how = co_await link.run();
    link_ = nullptr;
    if (!how) {
        const bool stopping = how.error().code == Errc::abandoned;
        co_return Ended{stopping ? Next::finish : Next::retry, how.error().detail};
    }
    co_return Ended{link.retired() ? Next::finish : Next::retry,
                    std::string{name(how->reason)} + ": " + how->detail, how->retry_after};
}

void Uplink::submit(UplinkSession::Submit::Kind kind, Bytes message) {
    if (link_) link_->feed(UplinkSession::Submit{kind, std::move(message), clock_.now()});
}

void Uplink::note_up(bool up) {
    if (up == state_.up) return;
    state_.up = up;
    state_.since = clock_.now();
    if (!up) return;
    welcomed_ = true;
    state_.last_error.clear();
    reported_.clear();
    log(LogLevel::info, "uplink", "connected",
        {{"gateway", options_.gateway.host},
         {"mark", state_.mark.value()},
         {"clock_offset_ms", state_.clock.offset_ms}});
    owner_.on_link_changed();
}

/// The same failure again and again is one line aloud; a shop may be offline for days.
void Uplink::note_down(const Ended& ended) {
    note_up(false);
    state_.last_error = ended.why;
    state_.forbidden = ended.forbidden;
    const bool news = reported_ != ended.why;
    log(news ? LogLevel::info : LogLevel::debug, "uplink", "not connected",
        {{"gateway", options_.gateway.host}, {"why", ended.why}});
    reported_ = ended.why;
    if (news) owner_.on_link_changed();
}

}  // namespace till::sync
