#include "agent/tillctl/clients.hpp"

#include "agent/core/limits.hpp"
#include "agent/runtime/deadline.hpp"
#include "agent/runtime/private_file.hpp"
#include "agent/runtime/system_clock.hpp"
#include "sync/tls/tls_stream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json/parse.hpp>

#include <fstream>
#include <optional>
#include <sstream>

namespace till {

namespace {

namespace http = boost::beast::http;
using asio::ip::tcp;
using HttpRequest = http::request<http::string_body>;
using namespace std::chrono_literals;

constexpr std::size_t answer_bytes_max = 64 * 1024 * 1024;

template <class Stream>
asio::awaitable<Result<Reply>> exchange(Stream& stream, boost::beast::flat_buffer& buffer,
                                        const HttpRequest& request) {
    auto [write_failure, written] = co_await http::async_write(stream, request, nothrow);
    if (write_failure) co_return Error{Errc::abandoned, write_failure.message()};
    http::response_parser<http::string_body> parser;
    parser.body_limit(answer_bytes_max);
    auto [read_failure, read] = co_await http::async_read(stream, buffer, parser, nothrow);
    if (read_failure) co_return Error{Errc::abandoned, read_failure.message()};
    boost::system::error_code not_json;
    Reply reply{parser.get().result_int(), boost::json::parse(parser.get().body(), not_json)};
    if (not_json) reply.body = nullptr;
    co_return reply;
}

asio::awaitable<Result<tcp::socket>> connect(std::string host, std::uint16_t port) {
    const auto executor = co_await asio::this_coro::executor;
    tcp::resolver resolver{executor};
    auto [unknown, found] = co_await resolver.async_resolve(host, std::to_string(port), nothrow);
    const std::string where = host + ":" + std::to_string(port);
    if (unknown) co_return Error{Errc::closed, where + ": " + unknown.message()};
    tcp::socket socket{executor};
    auto [failure, endpoint] = co_await asio::async_connect(socket, found, nothrow);
    if (failure) co_return Error{Errc::closed, where + ": " + failure.message()};
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay{true}, ignored);
    co_return std::move(socket);
}

/// The part that does not care what the connection is made of. Derived gives open() and stream().
template <class Derived>
class ClientOn : public Client {
public:
    Result<Reply> call(std::string_view method, std::string_view target, const std::string& body,
                       const std::string& key) override {
        HttpRequest request{http::string_to_verb(method), target, 11};
        if (!self().token().empty())
            request.set(http::field::authorization, "Bearer " + self().token());
        if (!key.empty()) request.set("Idempotency-Key", key);
        if (!body.empty()) request.set(http::field::content_type, "application/json");
        request.body() = body;
        request.prepare_payload();
        const bool was_open = self().is_open();
        auto reply = attempt(request);
        if (!reply && reply.error().code == Errc::abandoned && was_open) reply = attempt(request);
        if (!reply && reply.error().code == Errc::abandoned)
            return Error{Errc::closed, "connection lost: " + reply.error().detail};
        return reply;
    }

protected:
    asio::io_context loop_;

private:
    Derived& self() { return static_cast<Derived&>(*this); }

    Result<Reply> attempt(HttpRequest& request) {
        std::optional<Result<Reply>> reply;
        const auto on_done = [&reply](std::exception_ptr failure, Result<Reply> value) {
            if (failure) std::rethrow_exception(failure);
            reply = std::move(value);
        };
        loop_.restart();
        asio::co_spawn(loop_, with_deadline(60s, ask(request)), on_done);
        while (!reply && loop_.run_one() > 0) {}
        if (!reply || !*reply) self().close();
        return reply ? *std::move(reply) : Result<Reply>{};
    }

    asio::awaitable<Result<Reply>> ask(HttpRequest& request) {
        if (!self().is_open()) {
            buffer_ = {};
            TILL_CO_TRY_VOID(co_await with_deadline(limits::handshake_time_max, self().open()));
        }
        request.set(http::field::host, self().host());  // Known once the port is.
        auto reply = co_await exchange(self().stream(), buffer_, request);
        co_return reply;
    }

    boost::beast::flat_buffer buffer_;
};

class AgentClient final : public ClientOn<AgentClient> {
public:
    AgentClient(std::filesystem::path home, std::string token)
        : home_{std::move(home)}, token_{std::move(token)} {}

    std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
    const std::string& token() const { return token_; }
    bool is_open() const { return socket_.has_value(); }
    tcp::socket& stream() { return *socket_; }
    void close() { socket_.reset(); }

    Result<void> find_port() {  // Read anew: an agent that came back may have another port.
        std::ifstream file{home_ / "http.port"};
        unsigned port = 0;
        if (!(file >> port) || port > 65535)
            return Error{Errc::closed,
                         "no agent is running in " + home_.string() + " (no http.port there)"};
        port_ = static_cast<std::uint16_t>(port);
        return {};
    }
    asio::awaitable<Result<void>> open() {
        TILL_CO_TRY_VOID(find_port());
        TILL_CO_TRY(socket_, co_await connect("127.0.0.1", port_));
        co_return Result<void>{};
    }

private:
    std::filesystem::path home_;
    std::string token_;
    std::uint16_t port_ = 0;
    std::optional<tcp::socket> socket_;
};

class GatewayClient final : public ClientOn<GatewayClient> {
public:
    explicit GatewayClient(GatewayDoor door) : door_{std::move(door)} {}

    std::string host() const { return door_.address.name.text(); }
    std::string token() const { return {}; }  // The certificate says who is asking.
    bool is_open() const { return stream_.has_value(); }
    sync::TlsStream& stream() { return *stream_; }
    void close() { stream_.reset(); }

    asio::awaitable<Result<void>> open() {
        TILL_CO_TRY(tcp::socket socket, co_await connect(door_.address.host, door_.address.port));
        sync::TlsStream stream{std::move(socket), door_.context, door_.address.name};
        auto [failure] = co_await stream.async_handshake(nothrow);
        if (failure) co_return stream.error(failure);
        stream_.emplace(std::move(stream));
        co_return Result<void>{};
    }

private:
    GatewayDoor door_;
    std::optional<sync::TlsStream> stream_;
};

}  // namespace

Result<std::unique_ptr<Client>> open_agent(const std::filesystem::path& home,
                                           std::string_view role) {
    TILL_TRY(const Secret token, read_private_file(home / ("token-" + std::string{role})));
    std::string text{token.reveal()};
    text.erase(text.find_last_not_of(" \r\n") + 1);
    return std::make_unique<AgentClient>(home, std::move(text));
}

Result<GatewayDoor> gateway_door(const std::filesystem::path& folder) {
    TILL_TRY(const Secret address, read_private_file(folder / "gateway"));
    TILL_TRY(const Secret authority, read_private_file(folder / "server-ca.pem"));
    TILL_TRY(const sync::Credentials own, sync::Credentials::load(folder / "credentials.pem"));
    std::istringstream lines{std::string{address.reveal()}};
    std::string host, server_name;
    unsigned port = 0;
    if (!(lines >> host >> port >> server_name) || port == 0 || port > 65535)
        return Error{Errc::malformed, (folder / "gateway").string()
                                          + ": expected host, port and server name, a line each"};
    TILL_TRY(sync::ServerName name, sync::ServerName::parse(server_name));
    const auto now = [clock = std::make_shared<SystemClock>()] { return clock->now().wall; };
    TILL_TRY(sync::ClientContext context, sync::ClientContext::make(authority.reveal(), own, now));
    return GatewayDoor{{std::move(host), static_cast<std::uint16_t>(port), std::move(name)},
                       std::move(context)};
}

Result<std::unique_ptr<Client>> open_gateway(const std::filesystem::path& folder) {
    TILL_TRY(GatewayDoor door, gateway_door(folder));
    return std::make_unique<GatewayClient>(std::move(door));
}

}  // namespace till
