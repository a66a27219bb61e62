#include "agent/api/zmq_server.hpp"

#include "agent/api/zmq_socket.hpp"
#include "agent/core/limits.hpp"
#include "agent/runtime/deadline.hpp"
#include "agent/runtime/task_group.hpp"

#include <boost/asio/steady_timer.hpp>

#include <set>

namespace till {

namespace {

// A client that does not read its answers may cost that many of the largest.
constexpr int answers_waiting_max = 16, calls_waiting_max = 64, feed_waiting_max = 256;
constexpr std::size_t in_hand_max = 256;
constexpr std::size_t envelope_frames_max = 8;

}  // namespace

struct ZmqServer::Impl {
    Impl(asio::any_io_executor its_executor, Handler its_handler)
        : executor{its_executor},
          handler{std::move(its_handler)},
          context{1},
          calls{executor, context, zmq::socket_type::router},
          feed{executor, context, zmq::socket_type::xpub},
          room{executor, asio::steady_timer::time_point::max()},
          subscribed{executor, asio::steady_timer::time_point::max()},
          in_hand{executor} {
        calls.options().set(zmq::sockopt::sndhwm, answers_waiting_max);
        calls.options().set(zmq::sockopt::rcvhwm, calls_waiting_max);
        calls.options().set(zmq::sockopt::maxmsgsize,
                            static_cast<std::int64_t>(limits::request_bytes_max));
        feed.options().set(zmq::sockopt::xpub_verboser, 1);  // Each subscriber, not each topic.
        feed.options().set(zmq::sockopt::sndhwm, feed_waiting_max);
        feed.options().set(zmq::sockopt::maxmsgsize, std::int64_t{1024});
    }

    asio::awaitable<void> take_calls();
    asio::awaitable<void> answer(ZmqSocket::Frames frames);
    asio::awaitable<void> note_subscribers();

    asio::any_io_executor executor;
    Handler handler;
    zmq::context_t context;
    ZmqSocket calls, feed;
    asio::steady_timer room, subscribed;  // Never expire; cancelled when there is some.
    std::multiset<Bytes> topics;
    std::function<void()> told;
    TaskGroup in_hand;
};

asio::awaitable<void> ZmqServer::Impl::answer(ZmqSocket::Frames frames) {
    // The capture may be on disk already: from here on nothing is cut off.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    frames.back() = co_await handler(std::move(frames.back()));
    calls.send(frames);
    room.cancel();
}

asio::awaitable<void> ZmqServer::Impl::take_calls() {
    co_await asio::this_coro::throw_if_cancelled(false);
    for (;;) {
        while (in_hand.size() >= in_hand_max) {
            co_await room.async_wait(nothrow);
            const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
            if (cancelled != asio::cancellation_type::none) co_return;
        }
        auto frames = co_await calls.receive();
        if (!frames) co_return;
        if (frames->size() < 2 || frames->size() > envelope_frames_max) continue;  // No call.
        in_hand.spawn(answer(*std::move(frames)));
    }
}

/// Subscriptions come as messages: 1 or 0, and the topic's beginning.
asio::awaitable<void> ZmqServer::Impl::note_subscribers() {
    co_await asio::this_coro::throw_if_cancelled(false);
    for (;;) {
        const auto frames = co_await feed.receive();
        if (!frames) co_return;
        if (frames->empty() || frames->front().empty()) continue;
        const Bytes topic = frames->front().substr(1);
        if (frames->front().front() == 1) {
            topics.insert(topic);
            subscribed.cancel();
            if (told) told();
        } else if (const auto found = topics.find(topic); found != topics.end()) {
            topics.erase(found);
        }
    }
}

Result<std::unique_ptr<ZmqServer>> ZmqServer::listen(asio::any_io_executor executor,
                                                     const Options& options, Handler handler) {
    auto impl = std::make_unique<Impl>(executor, std::move(handler));
    TILL_TRY_VOID(impl->calls.bind(options.calls, options.mode));
    TILL_TRY_VOID(impl->feed.bind(options.feed, options.mode));
    return std::unique_ptr<ZmqServer>{new ZmqServer{std::move(impl)}};
}

ZmqServer::ZmqServer(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
ZmqServer::~ZmqServer() = default;

asio::awaitable<void> ZmqServer::run() {
    using namespace asio::experimental::awaitable_operators;
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await (impl_->take_calls() && impl_->note_subscribers());
    co_await impl_->in_hand.join();
}

void ZmqServer::publish(const std::string& topic, const Bytes& message) {
    impl_->feed.send({topic, message});
}

bool ZmqServer::has_subscribers() const { return !impl_->topics.empty(); }

void ZmqServer::on_subscribed(std::function<void()> told) { impl_->told = std::move(told); }

asio::awaitable<Result<void>> ZmqServer::wait_subscribers() {
    while (!has_subscribers()) {
        co_await impl_->subscribed.async_wait(nothrow);
        const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
        if (cancelled != asio::cancellation_type::none)
            co_return Error{Errc::abandoned, "waiting for a subscriber"};
    }
    co_return Result<void>{};
}

}  // namespace till
