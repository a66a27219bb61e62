#include "agent/runtime/http_server.hpp"

#include "agent/runtime/http_connection.hpp"
#include "agent/runtime/log.hpp"
#include "agent/runtime/task_group.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <array>

namespace till {

namespace detail {

HttpRequest to_plain(http::request<http::string_body>&& message) {
    HttpRequest request;
    request.method = std::string{message.method_string()};
    request.target = std::string{message.target()};
    for (const auto& field : message) {
        std::string name{field.name_string()};
        for (char& c : name)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        request.headers.emplace_back(std::move(name), std::string{field.value()});
    }
    request.body = std::move(message.body());
    return request;
}

HttpMessage to_message(HttpResponse&& response, unsigned version, bool keep_alive) {
    HttpMessage message{static_cast<http::status>(response.status), version == 10 ? 10u : 11u};
    if (!response.content_type.empty())
        message.set(http::field::content_type, response.content_type);
    message.set(http::field::cache_control, "no-store");
    message.set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : response.headers) message.set(name, value);
    message.body() = std::move(response.body);
    message.keep_alive(keep_alive);
    message.prepare_payload();
    return message;
}

HttpResponse bare_refusal(unsigned status) {
    const std::string detail = status == 413   ? "the body is too large"
                               : status == 431 ? "the headers are too large"
                                               : "not HTTP/1.1";
    HttpResponse response{.status = status, .content_type = "application/problem+json"};
    response.body = R"({"type":"about:blank","status":)" + std::to_string(status) + R"(,"detail":")"
                    + detail + "\"}";
    return response;
}

}  // namespace detail

using Tcp = asio::ip::tcp;

struct HttpServer::Impl {
    Impl(asio::any_io_executor executor, HttpLimits its_limits, HttpHandler its_handler)
        : acceptor{executor}, limits{its_limits}, handler{std::move(its_handler)} {}

    asio::awaitable<void> run();
    asio::awaitable<void> serve(Tcp::socket socket);
    void turn_away(Tcp::socket socket);

    Tcp::acceptor acceptor;
    HttpLimits limits;
    HttpHandler handler;
    std::uint16_t port = 0;
    bool stopping = false;
};

namespace {

using namespace std::chrono_literals;

/// Takes in what is still coming for a moment, so that the refusal arrives before the reset.
asio::awaitable<Result<void>> drain(Tcp::socket& socket) {
    std::array<char, 4096> bin{};
    const auto into = asio::buffer(bin);
    for (int i = 0; i < 1024; ++i) {
        const auto [failed, bytes] = co_await socket.async_read_some(into, nothrow);
        if (failed) break;
    }
    co_return Result<void>{};
}

}  // namespace

asio::awaitable<void> HttpServer::Impl::serve(Tcp::socket socket) {
    boost::system::error_code ignored;
    socket.set_option(Tcp::no_delay{true}, ignored);
    const HttpEnd end = co_await serve_http(socket, handler, limits, port, stopping);
    socket.shutdown(Tcp::socket::shutdown_send, ignored);
    if (end != HttpEnd::unread || stopping) co_return;
    const auto drained = co_await with_deadline(1s, drain(socket));
    if (!drained) co_return;
}

/// A fresh socket always has room for these bytes, so this does not wait.
void HttpServer::Impl::turn_away(Tcp::socket socket) {
    constexpr std::string_view text =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
        "Connection: close\r\n\r\n";
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(text), ignored);
}

asio::awaitable<void> HttpServer::Impl::run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    TaskGroup connections{acceptor.get_executor()};
    asio::steady_timer pause{acceptor.get_executor()};
    for (;;) {
        auto [failed, socket] = co_await acceptor.async_accept(nothrow);
        const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
        if (cancelled != asio::cancellation_type::none || !acceptor.is_open()) break;
        if (failed) {  // Out of descriptors, or the client left already: neither ends the service.
            log(LogLevel::warning, "http", "accept failed", {{"why", failed.message()}});
            pause.expires_after(100ms);
            co_await pause.async_wait(nothrow);
        } else if (connections.size() >= limits.connections_max) {
            turn_away(std::move(socket));
        } else {
            connections.spawn(serve(std::move(socket)));
        }
    }
    stopping = true;
    boost::system::error_code ignored;
    acceptor.close(ignored);
    connections.cancel();
    co_await connections.join();
}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(asio::any_io_executor executor,
                                                       const std::string& address,
                                                       std::uint16_t port, HttpLimits limits,
                                                       HttpHandler handler) {
    auto impl = std::make_unique<Impl>(executor, limits, std::move(handler));
    boost::system::error_code failed;
    const auto host = asio::ip::make_address(address, failed);
    if (failed) return Error{Errc::malformed, "not an address: " + address, "address"};
    const Tcp::endpoint endpoint{host, port};
    const auto refuse = [&](const char* step) {
        return Error{Errc::io, std::string{step} + " " + address + ":" + std::to_string(port) + ": "
                                   + failed.message()};
    };
    if (impl->acceptor.open(endpoint.protocol(), failed); failed) return refuse("open");
    if (impl->acceptor.set_option(Tcp::acceptor::reuse_address{true}, failed); failed)
        return refuse("open");
    if (impl->acceptor.bind(endpoint, failed); failed) return refuse("bind");
    if (impl->acceptor.listen(Tcp::acceptor::max_listen_connections, failed); failed)
        return refuse("listen");
    impl->port = impl->acceptor.local_endpoint().port();
    return std::unique_ptr<HttpServer>{new HttpServer{std::move(impl)}};
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
HttpServer::~HttpServer() = default;
std::uint16_t HttpServer::port() const { return impl_->port; }
asio::awaitable<void> HttpServer::run() { return impl_->run(); }

}  // namespace till
