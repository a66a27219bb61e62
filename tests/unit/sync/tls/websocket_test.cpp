#include "agent/runtime/deadline.hpp"
#include "sync/tls/tls_teardown.hpp"
#include "tests/unit/sync/tls/tls_world.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;
using namespace till::sync::test;
using namespace std::chrono_literals;
namespace beast = boost::beast;
namespace http = beast::http;
using WebSocket = beast::websocket::stream<TlsStream>;

namespace {

asio::awaitable<void> echo(WebSocket& socket, error_code& ended) {
    auto [refused] = co_await socket.async_accept(nothrow);
    CHECK_FALSE(refused);
    socket.binary(true);
    beast::flat_buffer buffer;
    while (!ended) {
        const auto [failed, got] = co_await socket.async_read(buffer, nothrow);
        ended = failed;
        if (failed) break;
        co_await socket.async_write(buffer.data(), nothrow);
        buffer.clear();
    }
}

asio::awaitable<void> talk(WebSocket& socket, std::string said, std::string& heard,
                           error_code& closed) {
    auto [refused] = co_await socket.async_handshake("gateway.example", "/uplink", nothrow);
    CHECK_FALSE(refused);
    socket.binary(true);
    const auto from = asio::buffer(said);
    co_await socket.async_write(from, nothrow);
    beast::flat_buffer buffer;
    co_await socket.async_read(buffer, nothrow);
    heard = beast::buffers_to_string(buffer.data());
    const auto [failed] =
        co_await socket.async_close(beast::websocket::close_code::normal, nothrow);
    closed = failed;
}

asio::awaitable<void> serve(TlsStream& stream) {
    beast::flat_buffer buffer;
    http::request<http::string_body> request;
    const auto [failed, got] = co_await http::async_read(stream, buffer, request, nothrow);
    CHECK_FALSE(failed);
    http::response<http::string_body> response{http::status::ok, 11};
    response.body() = request.body() + "!";
    response.prepare_payload();
    co_await http::async_write(stream, response, nothrow);
    co_await stream.async_shutdown(nothrow);
}

asio::awaitable<void> ask(TlsStream& stream, std::string& answer, error_code& end) {
    http::request<http::string_body> request{http::verb::post, "/enrol", 11};
    request.body() = std::string(100'000, 'q');
    request.prepare_payload();
    co_await http::async_write(stream, request, nothrow);
    beast::flat_buffer buffer;
    http::response<http::string_body> response;
    co_await http::async_read(stream, buffer, response, nothrow);
    answer = response.body();
    const auto [failed, got] = co_await http::async_read(stream, buffer, response, nothrow);
    end = failed;
}

}  // namespace

TEST_CASE("tls: a WebSocket runs over the stream and closes in peace", "[tls]") {
    asio::io_context loop;
    Meeting met = meet(loop, client_context(), server_context());
    REQUIRE(met.succeeded());
    WebSocket client{std::move(met.client)}, server{std::move(met.server)};
    const auto patience =
        beast::websocket::stream_base::timeout::suggested(beast::role_type::client);
    client.set_option(patience);
    server.set_option(patience);
    const std::string said(300'000, 'w');
    std::string heard;
    error_code ended, closed = asio::error::timed_out;
    spawn(loop, echo(server, ended));
    spawn(loop, talk(client, said, heard, closed));
    loop.restart();
    loop.run_for(20s);
    CHECK(heard == said);
    CHECK_FALSE(closed);
    CHECK(ended == beast::websocket::error::closed);
    CHECK_FALSE(beast::get_lowest_layer(client).is_open());
}

TEST_CASE("tls: HTTP runs over the stream and ends with end_of_stream", "[tls]") {
    asio::io_context loop;
    Meeting met = meet(loop, client_context(), server_context());
    REQUIRE(met.succeeded());
    std::string answer;
    error_code end;
    spawn(loop, serve(met.server));
    spawn(loop, ask(met.client, answer, end));
    loop.restart();
    loop.run_for(20s);
    CHECK(answer == std::string(100'000, 'q') + "!");
    CHECK(end == http::error::end_of_stream);
}
