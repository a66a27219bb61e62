#include "sync/gateway/sync_connection.hpp"

#include "agent/core/limits.hpp"
#include "agent/core/match.hpp"
#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"
#include "agent/runtime/queue.hpp"
#include "agent/runtime/task_group.hpp"
#include "sync/ledger/ledger.hpp"
#include "sync/tls/tls_teardown.hpp"
#include "sync/wire/feed_page.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <utility>
#include <variant>

namespace till::sync {

namespace beast = boost::beast;
namespace websocket = beast::websocket;

namespace {

using namespace std::chrono_literals;

constexpr std::size_t unread_bytes_max = 1024 * 1024;  // Answers that a device does not read.

/// What the session wants done at the ledger, in order.
using Work = std::variant<GatewaySession::Bind, GatewaySession::Commit, GatewaySession::KeepBranch,
                          GatewaySession::StoreTotals>;

/// The shell around one session: a reader, a writer, a worker and a ticker on one loop.
class Shell {
public:
    Shell(SyncConnection& connection, TlsStream stream, GatewaySession session)
        : connection_{connection},
          socket_{std::move(stream)},
          session_{std::move(session)},
          outgoing_{socket_.get_executor()},
          work_{socket_.get_executor()},
          told_{connection.feeds.master_version(), connection.feeds.customers_version(),
                connection.feeds.erasures_version()},
          ended_reading_{socket_.get_executor(), asio::steady_timer::time_point::max()},
          tasks_{socket_.get_executor()} {}

    asio::awaitable<Result<void>> run(const HttpRequest& request) {
        co_await asio::this_coro::throw_if_cancelled(
            false);  // The tasks are joined, come what may.
        TILL_CO_TRY_VOID(co_await with_deadline(limits::handshake_time_max, accept(request)));
        connection_.desk.seen(connection_.device.id, true);
        tasks_.spawn(write());
        tasks_.spawn(work());
        tasks_.spawn(tick());
        tasks_.spawn(read());
        co_await asio::this_coro::throw_if_cancelled(false);  // The tasks are still to be joined.
        const auto state = co_await asio::this_coro::cancellation_state;
        while (!unread_ && state.cancelled() == asio::cancellation_type::none)
            co_await ended_reading_.async_wait(nothrow);
        over_ = true;
        outgoing_.close();
        work_.close();
        // A cancellation that meets Beast between two steps of a read is lost; a closed socket is not.
        cut();
        tasks_.cancel();
        co_await tasks_.join();
        connection_.desk.seen(connection_.device.id, false);
        co_return std::move(ended_);
    }

private:
    asio::awaitable<Result<void>> accept(const HttpRequest& request) {
        socket_.binary(true);
        socket_.read_message_max(limits::frame_bytes_max);
        socket_.auto_fragment(false);
        websocket::stream_base::timeout timeouts{limits::handshake_time_max,
                                                 websocket::stream_base::none(), false};
        socket_.set_option(timeouts);
        const auto choose = [](websocket::response_type& response) {
            response.set(beast::http::field::sec_websocket_protocol, std::string{subprotocol});
        };
        socket_.set_option(websocket::stream_base::decorator(choose));
        auto [failure] = co_await socket_.async_accept(request, nothrow);
        if (failure) co_return Error{Errc::closed, "websocket: " + failure.message()};
        co_return Result<void>{};
    }

    void perform(GatewaySession::Actions actions) {
        for (auto& action : actions)
            std::visit(Match{
                           [&](Send& send) { push(std::move(send.message)); },
                           [&](Hangup& hangup) { hang_up(hangup); },
                           [&](GatewaySession::Greeted& said) {
                               connection_.desk.greeted(connection_.device.id,
                                                        std::move(said.agent_version));
                           },
                           [&](GatewaySession::KeepTelemetry& kept) {
                               connection_.desk.keep_telemetry(connection_.device.id,
                                                               std::move(kept.telemetry));
                           },
                           [&](GatewaySession::ReadFeed& asked) {
                               tasks_.spawn(read_feed(std::move(asked.request)));
                           },
                           [&](GatewaySession::AskCustomer& asked) {
                               tasks_.spawn(ask_customer(std::move(asked.question)));
                           },
                           [&](auto& asked) { work_.push(Work{std::move(asked)}); },
                       },
                       action);
    }

    // What a session answers is small; a device that asks and does not read would pile it up here.
    void push(Bytes message) {
        unsent_ += message.size();
        if (unsent_ <= unread_bytes_max) return outgoing_.push(std::move(message));
        ended_ = Error{Errc::closed, "the device does not read what is sent to it"};
        cut();
    }

    void cut() {
        boost::system::error_code ignored;
        beast::get_lowest_layer(socket_).close(ignored);  // The reader sees it, and all ends.
    }

    void feed(GatewaySession::Event event) {
        if (!over_) perform(session_.on(std::move(event)));
    }

    void hang_up(const Hangup& hangup) {
        over_ = true;
        if (hangup.reason != Reason::done)
            ended_ = Error{Errc::closed, std::string{name(hangup.reason)} + ": " + hangup.detail};
        outgoing_.close();  // The writer sends what is queued, then closes the connection.
    }

    asio::awaitable<void> read() {
        beast::flat_buffer buffer;
        for (;;) {
            auto [failure, bytes] = co_await socket_.async_read(buffer, nothrow);
            if (failure) {
                if (!over_ && failure != websocket::error::closed)
                    ended_ = Error{Errc::closed, failure.message()};
                unread_ = true;
                ended_reading_.cancel();
                co_return;
            }
            const auto data = buffer.cdata();
            Bytes message{static_cast<const char*>(data.data()), data.size()};
            buffer.consume(bytes);
            if (buffer.capacity() > limits::window_bytes / 8) buffer = beast::flat_buffer{};
            feed(Received{std::move(message), connection_.clock.now()});
        }
    }

    asio::awaitable<void> write() {
        while (auto message = co_await outgoing_.pop()) {
            auto [failure, bytes] = co_await socket_.async_write(asio::buffer(*message), nothrow);
            if (failure) break;
            unsent_ -= message->size();
        }
        co_await close();
    }

    asio::awaitable<void> close() {
        // A peer that does not answer the close is cut off: the reader is waiting for it.
        asio::steady_timer limit{socket_.get_executor(), 2s};
        const auto cut = [this](boost::system::error_code failure) {
            if (!failure) beast::get_lowest_layer(socket_).close(failure);
        };
        limit.async_wait(cut);
        const websocket::close_reason reason{websocket::close_code::normal};
        co_await socket_.async_close(reason, nothrow);
    }

    asio::awaitable<void> work() {
        while (auto item = co_await work_.pop()) {
            if (auto* bind = std::get_if<GatewaySession::Bind>(&*item)) {
                auto row = co_await connection_.ledger.bind(std::move(bind->first_hello));
                feed(GatewaySession::Bound{std::move(row), connection_.clock.now()});
            } else if (auto* commit = std::get_if<GatewaySession::Commit>(&*item)) {
                auto appended = co_await connection_.ledger.commit(std::move(commit->append));
                feed(GatewaySession::Committed{std::move(appended), connection_.clock.now()});
            } else if (auto* branch = std::get_if<GatewaySession::KeepBranch>(&*item)) {
                auto kept = co_await connection_.ledger.keep_branch(
                    branch->journal, branch->fork_point, std::move(branch->envelopes),
                    branch->received_ms);
                feed(GatewaySession::BranchKept{std::move(kept), connection_.clock.now()});
            } else if (auto* totals = std::get_if<GatewaySession::StoreTotals>(&*item)) {
                auto kept =
                    co_await connection_.desk.keep_totals(connection_.device, std::move(*totals));
                feed(GatewaySession::TotalsKept{std::move(kept), connection_.clock.now()});
            }
        }
    }

    // Beside the ledger's work: acks do not wait for a page.
    asio::awaitable<void> read_feed(v1::FeedRequest request) {
        auto page = co_await connection_.feeds.page(std::move(request), connection_.device.store);
        if (!page)
            log(LogLevel::warning, "feeds", "a page cannot be read",
                {{"cause", page.error().detail}});
        feed(GatewaySession::FeedRead{std::move(page), connection_.clock.now()});
    }

    asio::awaitable<void> ask_customer(v1::CustomerQuestion question) {
        auto answer = co_await connection_.desk.who_is(std::move(question));
        feed(GatewaySession::CustomerAnswered{std::move(answer), connection_.clock.now()});
    }

    /// The device fetches what is new; a notice that is lost is made up for by its own next question.
    void tell_news() {
        tell_version(master_feed, told_.master, connection_.feeds.master_version());
        tell_version(customers_feed, told_.customers, connection_.feeds.customers_version());
        tell_version(erasures_feed, told_.erasures, connection_.feeds.erasures_version());
    }

    void tell_version(std::string_view topic, std::uint64_t& told, std::uint64_t version) {
        if (std::exchange(told, version) == version) return;
        feed(
            GatewaySession::Notify{"feed/" + std::string{topic}, version, connection_.clock.now()});
    }

    asio::awaitable<void> tick() {
        asio::steady_timer second{socket_.get_executor()};
        unsigned overdue = 0;
        for (unsigned count = 1;; ++count) {
            second.expires_after(1s);
            auto [cancelled] = co_await second.async_wait(nothrow);
            if (cancelled) co_return;
            if (over_) {  // The writer may be waiting for a peer that does not read its goodbye.
                if (++overdue * 1s >= limits::handshake_time_max) co_return cut();
                continue;
            }
            if (count % 2 == 0 && connection_.revoked())
                feed(GatewaySession::Dismiss{Reason::revoked, "revoked by an administrator", 0ms,
                                             connection_.clock.now()});
            else
                feed(Tick{connection_.clock.now()});
            tell_news();
        }
    }

    SyncConnection& connection_;
    websocket::stream<TlsStream> socket_;
    GatewaySession session_;
    Queue<Bytes> outgoing_;
    Queue<Work> work_;
    struct Told {
        std::uint64_t master, customers, erasures;
    };
    Told told_;  // Versions: the device knows of them, or asks when it has come in.
    asio::steady_timer ended_reading_;  // Never expires; cancelled when nothing more can be read.
    bool unread_ = false;
    std::size_t unsent_ = 0;  // Bytes queued for the writer or in its hands.
    TaskGroup tasks_;
    Result<void> ended_;
    bool over_ = false;
};

}  // namespace

asio::awaitable<Result<void>> SyncConnection::run(TlsStream stream, HttpRequest upgrade) {
    GatewaySession::Options options{.peer = device.id,
                                    .store_epoch = ledger.epoch(),
                                    .sealing_key_id = sealing_key_id,
                                    .backup_age = backup_age,
                                    .accepted = accepted,
                                    .notes = notes};
    Shell shell{*this, std::move(stream), GatewaySession{std::move(options)}};
    co_return co_await shell.run(upgrade);
}

}  // namespace till::sync
