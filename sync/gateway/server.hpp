#pragma once

#include "agent/core/result.hpp"
#include "agent/runtime/task_group.hpp"
#include "sync/gateway/admission.hpp"
#include "sync/gateway/enrolment_desk.hpp"
#include "sync/gateway/feed_desk.hpp"
#include "sync/gateway/http.hpp"
#include "sync/gateway/sync_connection.hpp"
#include "sync/tls/context.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <cstdint>
#include <functional>

namespace till::sync {

/// What the doors of the one port lead to. Callable from any loop.
struct Rooms {
    Ledger& ledger;
    EnrolmentDesk& enrolment;
    DeviceDesk& devices;
    FeedDesk& feeds;
    /// Everything under /admin/, for an administrator whose name the certificate gave.
    std::function<asio::awaitable<HttpResponse>(HttpRequest, std::string name)> admin;
    const HomeKeys& keys;
    const GatewaySettings& settings;
    Clock& clock;
};

/// One event loop's share of the gateway: it accepts on the shared port, does the TLS handshake and
/// sends each connection where its certificate may go:
///
///   no certificate            POST /enrol
///   a device's, expired       POST /renew
///   a device's                POST /renew, WebSocket /v1/sync
///   an administrator's        /admin/…, WebSocket /admin/v1/devices/ID/sync (rescued records)
///
/// Anything else is answered 403 or closed at once. Handshakes, requests and bodies are bounded in
/// time and size, so slow clients cost a timer each and nothing more. Who has not shown a valid
/// certificate is a stranger: it has one of `strangers` places and is answered once.
///
/// Thread: its loop's. TLS contexts belong to one thread, so each loop has a Server of its own.
class Server {
public:
    Server(asio::any_io_executor executor, const Rooms& rooms, ServerContext context,
           std::size_t strangers, std::atomic<std::size_t>& known)
        : rooms_{rooms},
          context_{std::move(context)},
          strangers_{strangers},
          known_{known},
          connections_{std::move(executor)} {}

    /// Accepts until cancelled, then ends every connection and returns.
    asio::awaitable<void> run(asio::ip::tcp::acceptor acceptor);

private:
    asio::awaitable<void> serve(asio::ip::tcp::socket socket);
    asio::awaitable<Result<void>> converse(asio::ip::tcp::socket socket,
                                           const asio::ip::address& remote);
    asio::awaitable<Result<void>> meet(TlsStream& stream);
    asio::awaitable<Result<void>> answer_stranger(TlsStream& stream);
    asio::awaitable<Result<void>> answer_known(TlsStream stream, Times accepted);
    asio::awaitable<HttpResponse> respond(const PeerIdentity& peer, HttpRequest request);
    asio::awaitable<HttpResponse> enrol(const HttpRequest& request);
    asio::awaitable<HttpResponse> renew(const PeerIdentity& peer, const HttpRequest& request);
    asio::awaitable<Result<void>> sync(TlsStream stream, HttpRequest request, Times accepted);
    asio::awaitable<Result<void>> rescue(TlsStream stream, HttpRequest request, Times accepted,
                                         DeviceId device);
    asio::awaitable<Result<void>> converse_as(Result<Registry::Device> device, TlsStream stream,
                                              HttpRequest request, Times accepted,
                                              std::function<bool()> revoked);

    const Rooms& rooms_;
    ServerContext context_;
    Admission strangers_;
    std::atomic<std::size_t>& known_;  // Over all loops.
    TaskGroup connections_;
};

}  // namespace till::sync
