#pragma once

#include "agent/runtime/deadline.hpp"
#include "agent/runtime/http.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

// A WebSocket that a request of serve_http became. It includes Beast: for .cpp files only.
namespace till::detail {

namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

using HttpHead = http::request<http::empty_body>;

template <class Stream>
class WebSocketListener final : public HttpListener {
public:
    using Socket = websocket::stream<Stream&>;
    explicit WebSocketListener(Socket& socket) : socket_{socket} {}

    asio::awaitable<Result<void>> tell(BytesView text) override {
        using namespace std::chrono_literals;
        co_return co_await with_deadline(10s, write(text));
    }

private:
    asio::awaitable<Result<void>> write(BytesView text) {
        const auto bytes = asio::buffer(text);
        const auto [failed, count] = co_await socket_.async_write(bytes, nothrow);
        if (failed) co_return Error{Errc::closed, failed.message()};
        co_return Result<void>{};
    }

    Socket& socket_;
};

/// Takes in what the client says (pings are answered on the way) until it leaves.
template <class Socket>
asio::awaitable<void> read_until_gone(Socket& socket) {
    boost::beast::flat_buffer heard;
    for (;;) {
        const auto [failed, bytes] = co_await socket.async_read(heard, nothrow);
        if (failed) co_return;
        heard.clear();
    }
}

template <class Stream>
asio::awaitable<void> serve_websocket(Stream& stream, HttpHead head, HttpResponse response) {
    using namespace asio::experimental::awaitable_operators;
    websocket::stream<Stream&> socket{stream};
    socket.set_option(websocket::stream_base::timeout::suggested(boost::beast::role_type::server));
    const auto add_headers = [&](websocket::response_type& into) {
        for (const auto& [name, value] : response.headers) into.set(name, value);
    };
    socket.set_option(websocket::stream_base::decorator(add_headers));
    socket.read_message_max(4096);
    const auto [failed] = co_await socket.async_accept(head, nothrow);
    if (failed) co_return;
    socket.text(true);
    WebSocketListener<Stream> listener{socket};
    co_await (response.told(listener) || read_until_gone(socket));
}

}  // namespace till::detail
