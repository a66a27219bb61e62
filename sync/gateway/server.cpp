#include "sync/gateway/server.hpp"

#include "agent/core/limits.hpp"
#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"
#include "sync/tls/tls_stream.hpp"
#include "sync/tls/tls_teardown.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <array>

namespace till::sync {

namespace beast = boost::beast;
namespace http = beast::http;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view protobuf_type = "application/x-protobuf";
constexpr std::size_t enrolment_body_max = 16 * 1024;
constexpr std::size_t admin_body_max = 32 * 1024 * 1024;  // A whole catalogue.

asio::awaitable<Result<HttpRequest>> read_request(TlsStream& stream, beast::flat_buffer& buffer,
                                                  std::size_t body_max) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(16 * 1024);
    parser.body_limit(body_max);
    auto [failure, bytes] = co_await http::async_read(stream, buffer, parser, nothrow);
    if (failure)
        co_return Error{failure == http::error::end_of_stream ? Errc::abandoned : Errc::closed,
                        failure.message()};
    co_return parser.release();
}

asio::awaitable<Result<void>> send(TlsStream& stream, HttpResponse& response) {
    auto [failure, bytes] = co_await http::async_write(stream, response, nothrow);
    if (failure) co_return Error{Errc::closed, failure.message()};
    co_return Result<void>{};
}

asio::awaitable<Result<void>> handshake(TlsStream& stream) {
    auto [failure] = co_await stream.async_handshake(nothrow);
    if (failure) co_return stream.error(failure);
    co_return Result<void>{};
}

/// Takes in what a refused client is still sending: closing over it would send a reset, and the
/// client would see that instead of the alert that says why.
asio::awaitable<Result<void>> let_alert_arrive(TlsStream& stream) {
    auto& socket = beast::get_lowest_layer(stream);
    boost::system::error_code ignored;
    socket.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    std::array<char, 4096> bin{};
    const auto into = asio::buffer(bin);
    for (int i = 0; i < 16; ++i) {
        auto [failure, bytes] = co_await socket.async_read_some(into, nothrow);
        if (failure) break;
    }
    co_return Result<void>{};
}

asio::awaitable<Result<void>> shut_down(TlsStream& stream) {
    co_await stream.async_shutdown(nothrow);
    co_return Result<void>{};
}

template <class Message>
Result<Message> parse_body(const HttpRequest& request) {
    if (request.method() != http::verb::post)
        return Error{Errc::malformed, "only POST is answered here"};
    if (request[http::field::content_type] != protobuf_type)
        return Error{Errc::unsupported, "the body must be application/x-protobuf"};
    Message message;
    if (!message.ParseFromString(request.body()))
        return Error{Errc::malformed, "the body is not the message expected"};
    return message;
}

template <class Message>
HttpResponse protobuf_answer(const HttpRequest& request, const Result<Message>& made) {
    if (!made) return problem(request, made.error());
    return answer(request, 200, protobuf_type, made->SerializeAsString());
}

/// An administrator who hands over what was rescued from a device's disk: whose it was.
std::optional<DeviceId> rescued_device(const PeerIdentity& peer, const HttpRequest& request) {
    constexpr std::string_view before = "/admin/v1/devices/", after = "/sync";
    std::string_view path = path_of(request);
    if (peer.role != PeerRole::admin || !path.starts_with(before) || !path.ends_with(after)
        || path.size() < before.size() + after.size())
        return std::nullopt;
    path.remove_prefix(before.size());
    path.remove_suffix(after.size());
    const auto id = Uuid::parse(path);
    return id ? std::optional{DeviceId{*id}} : std::nullopt;
}

bool closes_at_once(const PeerIdentity& peer) { return peer.role == PeerRole::server; }

bool is_known(const PeerIdentity& peer) {
    return (peer.role == PeerRole::device || peer.role == PeerRole::admin) && !peer.expired;
}

/// One of those that are counted, for as long as it lives.
struct Counted {
    explicit Counted(std::atomic<std::size_t>& all_counted)
        : all{all_counted}, count{++all_counted} {}
    Counted(const Counted&) = delete;
    ~Counted() { --all; }

    std::atomic<std::size_t>& all;
    const std::size_t count;
};

}  // namespace

asio::awaitable<void> Server::run(asio::ip::tcp::acceptor acceptor) {
    co_await asio::this_coro::throw_if_cancelled(false);  // Connections are joined, come what may.
    for (;;) {
        auto [failure, socket] = co_await acceptor.async_accept(nothrow);
        if (failure == asio::error::operation_aborted) break;
        if (failure) {  // Out of descriptors, say: breathe, then go on.
            log(LogLevel::warning, "server", "accept failed", {{"cause", failure.message()}});
            asio::steady_timer pause{acceptor.get_executor(), 200ms};
            auto [cancelled] = co_await pause.async_wait(nothrow);
            if (cancelled) break;
            continue;
        }
        connections_.spawn(serve(std::move(socket)));
    }
    acceptor.close();
    connections_.cancel();
    co_await connections_.join();
}

asio::awaitable<void> Server::serve(asio::ip::tcp::socket socket) {
    boost::system::error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay{true}, ignored);
    const auto remote = socket.remote_endpoint(ignored);
    const auto ended = co_await converse(std::move(socket), remote.address());
    if (ended || ended.error().code == Errc::abandoned) co_return;
    // A client that just goes away is nothing to report; one that is refused is.
    const bool refused =
        ended.error().code == Errc::not_trusted || ended.error().code == Errc::forbidden;
    log(refused ? LogLevel::warning : LogLevel::debug, "server", "connection ended",
        {{"peer", remote.address().to_string()}, {"cause", ended.error().detail}});
}

asio::awaitable<Result<void>> Server::converse(asio::ip::tcp::socket socket,
                                               const asio::ip::address& remote) {
    const Times accepted = rooms_.clock.now();
    TlsStream stream{std::move(socket), context_};
    const auto show_out = [&stream] {
        boost::system::error_code ignored;
        beast::get_lowest_layer(stream).close(ignored);  // What it waits for fails, and it ends.
    };
    Admission::Place place = strangers_.enter(remote, show_out);
    TILL_CO_TRY_VOID(co_await meet(stream));
    if (!is_known(stream.peer())) co_return co_await answer_stranger(stream);
    place.give_back();
    const Counted counted{known_};
    if (counted.count > rooms_.settings.connections_max)
        co_return Error{Errc::busy, "as many are connected as listen.connections_max allows"};
    co_return co_await answer_known(std::move(stream), accepted);
}

asio::awaitable<Result<void>> Server::meet(TlsStream& stream) {
    auto shaken = co_await with_deadline(limits::handshake_time_max, handshake(stream));
    if (!shaken) {
        if (shaken.error().code == Errc::not_trusted)
            static_cast<void>(co_await with_deadline(1s, let_alert_arrive(stream)));
        co_return shaken;
    }
    if (closes_at_once(stream.peer()))
        co_return Error{Errc::not_trusted, "a server's certificate on a client's connection"};
    co_return Result<void>{};
}

/// One answer, to enrol or to renew what has expired.
asio::awaitable<Result<void>> Server::answer_stranger(TlsStream& stream) {
    const PeerIdentity peer = stream.peer();
    beast::flat_buffer buffer;
    TILL_CO_TRY(HttpRequest request,
                co_await with_deadline(limits::handshake_time_max,
                                       read_request(stream, buffer, enrolment_body_max)));
    request.keep_alive(false);
    HttpResponse response = co_await respond(peer, std::move(request));
    TILL_CO_TRY_VOID(co_await with_deadline(limits::handshake_time_max, send(stream, response)));
    co_return co_await with_deadline(2s, shut_down(stream));
}

asio::awaitable<Result<void>> Server::answer_known(TlsStream stream, Times accepted) {
    const PeerIdentity peer = stream.peer();
    const std::size_t body_max = peer.role == PeerRole::admin ? admin_body_max : enrolment_body_max;
    beast::flat_buffer buffer;
    for (;;) {
        TILL_CO_TRY(HttpRequest request,
                    co_await with_deadline(limits::request_time_max,
                                           read_request(stream, buffer, body_max)));
        const bool wants_sync = path_of(request) == "/v1/sync" && peer.role == PeerRole::device;
        const bool upgrades = beast::websocket::is_upgrade(request);
        if (wants_sync && upgrades)
            co_return co_await sync(std::move(stream), std::move(request), accepted);
        if (const auto rescued = rescued_device(peer, request); rescued && upgrades)
            co_return co_await rescue(std::move(stream), std::move(request), accepted, *rescued);
        const bool keep_alive = request.keep_alive();
        HttpResponse response = co_await respond(peer, std::move(request));
        TILL_CO_TRY_VOID(co_await with_deadline(limits::request_time_max, send(stream, response)));
        if (!keep_alive) co_return co_await with_deadline(2s, shut_down(stream));
    }
}

asio::awaitable<HttpResponse> Server::respond(const PeerIdentity& peer, HttpRequest request) {
    const auto path = path_of(request);
    if (peer.role == PeerRole::none && path == "/enrol") co_return co_await enrol(request);
    if (peer.role == PeerRole::device && path == "/renew") co_return co_await renew(peer, request);
    if (peer.role == PeerRole::admin && path.starts_with("/admin/"))
        co_return co_await rooms_.admin(std::move(request), peer.certificate.common_name);
    const Error refusal{Errc::forbidden, peer.expired
                                             ? "this certificate has expired; it may only renew"
                                             : "this certificate may not ask for that"};
    co_return problem(request, refusal);
}

asio::awaitable<HttpResponse> Server::enrol(const HttpRequest& request) {
    const auto asked = parse_body<tillstream::v1::EnrolRequest>(request);
    if (!asked) co_return problem(request, asked.error());
    const auto job = [&asked](EnrolmentDesk& desk) { return desk.enrol(*asked); };
    const auto made = co_await rooms_.enrolment.ask<tillstream::v1::EnrolAnswer>(job);
    if (made)
        log(LogLevel::info, "enrolment", "device enrolled",
            {{"store", made->store()},
             {"lane", made->workstation()},
             {"device", Uuid::from_bytes(made->device_id()).value_or(Uuid{}).text()}});
    else
        log(LogLevel::warning, "enrolment", "refused", {{"cause", made.error().detail}});
    co_return protobuf_answer(request, made);
}

asio::awaitable<HttpResponse> Server::renew(const PeerIdentity& peer, const HttpRequest& request) {
    const auto asked = parse_body<tillstream::v1::RenewRequest>(request);
    if (!asked) co_return problem(request, asked.error());
    const auto job = [&](EnrolmentDesk& desk) { return desk.renew(peer, *asked); };
    const auto made = co_await rooms_.enrolment.ask<tillstream::v1::RenewAnswer>(job);
    log(made ? LogLevel::info : LogLevel::warning, "enrolment",
        made ? "certificate renewed" : "renewal refused",
        {{"device", peer.certificate.common_name}, {"cause", made ? "" : made.error().detail}});
    co_return protobuf_answer(request, made);
}

asio::awaitable<Result<void>> Server::sync(TlsStream stream, HttpRequest request, Times accepted) {
    const auto job = [peer = stream.peer()](EnrolmentDesk& desk) { return desk.admit(peer); };
    auto device = co_await rooms_.enrolment.ask<Registry::Device>(job);
    const auto revoked = [&desk = rooms_.enrolment, device] {
        return device && desk.is_revoked(device->id);
    };
    co_return co_await converse_as(std::move(device), std::move(stream), std::move(request),
                                   accepted, revoked);
}

/// A dead device cannot come itself, and its certificate may have been revoked long ago.
asio::awaitable<Result<void>> Server::rescue(TlsStream stream, HttpRequest request, Times accepted,
                                             DeviceId id) {
    const auto job = [id](EnrolmentDesk& desk) { return desk.find(id); };
    auto device = co_await rooms_.enrolment.ask<Registry::Device>(job);
    log(LogLevel::info, "server", "an administrator hands over what was rescued",
        {{"device", id.value().text()}, {"by", stream.peer().certificate.common_name}});
    const auto never = [] { return false; };
    co_return co_await converse_as(std::move(device), std::move(stream), std::move(request),
                                   accepted, never);
}

asio::awaitable<Result<void>> Server::converse_as(Result<Registry::Device> device, TlsStream stream,
                                                  HttpRequest request, Times accepted,
                                                  std::function<bool()> revoked) {
    if (!device) {
        HttpResponse refusal = problem(request, device.error());
        co_await with_deadline(limits::request_time_max, send(stream, refusal));
        co_return std::move(device).error();
    }
    SyncConnection connection{.ledger = rooms_.ledger,
                              .desk = rooms_.devices,
                              .feeds = rooms_.feeds,
                              .clock = rooms_.clock,
                              .device = *std::move(device),
                              .sealing_key_id = rooms_.keys.sealing.back().key.id,
                              .backup_age = rooms_.settings.backup_age,
                              .notes = rooms_.keys.notes,
                              .accepted = accepted,
                              .revoked = std::move(revoked)};
    co_return co_await connection.run(std::move(stream), std::move(request));
}

}  // namespace till::sync
