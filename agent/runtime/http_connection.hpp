#pragma once

#include "agent/runtime/deadline.hpp"
#include "agent/runtime/http_server.hpp"
#include "agent/runtime/http_websocket.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <optional>

// The loop of one HTTP/1.1 connection over any Asio stream (TCP here, TLS elsewhere). It includes
// Beast: for .cpp files only.
namespace till {

/// How a connection ended.
enum class HttpEnd : std::uint8_t {
    done,    ///< In order, or the client is gone.
    unread,  ///< Refused with request bytes still coming: drain a little, or the client sees a reset.
};

namespace detail {

namespace http = boost::beast::http;

using HttpParser = http::request_parser<http::string_body>;
using HttpMessage = http::response<http::string_body>;

/// 0: read; else the status to refuse with. Fails when there is nobody left to answer.
inline Result<unsigned> read_outcome(boost::system::error_code failed) {
    if (!failed) return 0u;
    if (failed == http::error::header_limit) return 431u;
    if (failed == http::error::body_limit) return 413u;
    if (failed == http::error::end_of_stream || failed == http::error::partial_message)
        return Error{Errc::closed, failed.message()};
    if (failed.category() == http::make_error_code(http::error::bad_method).category()) return 400u;
    return Error{Errc::io, failed.message()};
}

template <class Stream>
asio::awaitable<Result<unsigned>> read_head(Stream& stream, boost::beast::flat_buffer& buffer,
                                            HttpParser& parser) {
    const auto [failed, bytes] = co_await http::async_read_header(stream, buffer, parser, nothrow);
    co_return read_outcome(failed);
}

template <class Stream>
asio::awaitable<Result<unsigned>> read_body(Stream& stream, boost::beast::flat_buffer& buffer,
                                            HttpParser& parser) {
    if (parser.get()[http::field::expect] == "100-continue") {
        const std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        const auto text = asio::buffer(go_on);
        const auto [failed, bytes] = co_await asio::async_write(stream, text, nothrow);
        if (failed) co_return Error{Errc::io, failed.message()};
    }
    const auto [failed, bytes] = co_await http::async_read(stream, buffer, parser, nothrow);
    co_return read_outcome(failed);
}

template <class Stream>
asio::awaitable<Result<void>> write_message(Stream& stream, HttpMessage& message) {
    const auto [failed, bytes] = co_await http::async_write(stream, message, nothrow);
    if (failed) co_return Error{Errc::io, failed.message()};
    co_return Result<void>{};
}

HttpRequest to_plain(http::request<http::string_body>&& message);
HttpMessage to_message(HttpResponse&& response, unsigned version, bool keep_alive);
HttpResponse bare_refusal(unsigned status);

}  // namespace detail

/// Serves requests one after another until the client leaves, breaks a limit, `stopping` becomes
/// true or the caller cancels. A request that is being handled is always answered first. The stream
/// stays open; closing it is the caller's.
template <class Stream>
asio::awaitable<HttpEnd> serve_http(Stream& stream, const HttpHandler& handler,
                                    const HttpLimits& limits, std::uint16_t local_port,
                                    const bool& stopping) {
    namespace this_coro = asio::this_coro;
    boost::beast::flat_buffer buffer;
    for (;;) {
        detail::HttpParser parser;
        parser.header_limit(static_cast<std::uint32_t>(limits.head_bytes_max));
        parser.body_limit(limits.body_bytes_max);
        auto status =
            co_await with_deadline(limits.head_time_max, detail::read_head(stream, buffer, parser));
        if (status && *status == 0 && !parser.is_done())
            status = co_await with_deadline(limits.body_time_max,
                                            detail::read_body(stream, buffer, parser));
        if (!status) co_return HttpEnd::done;

        // From here to the answer nothing is cut off: the capture may be on disk already.
        co_await this_coro::reset_cancellation_state(asio::disable_cancellation());
        const bool refused = *status != 0;
        const unsigned version = parser.get().version();
        const bool keep_alive = !refused && parser.get().keep_alive();
        HttpResponse response;
        detail::HttpHead head;
        if (refused) {
            response = detail::bare_refusal(*status);
        } else {
            auto message = parser.release();
            if (boost::beast::websocket::is_upgrade(message))
                head = detail::HttpHead{message.base()};
            HttpRequest request = detail::to_plain(std::move(message));
            request.local_port = local_port;
            request.asks_for_websocket = head.count(boost::beast::http::field::upgrade) > 0;
            response = co_await handler(std::move(request));
        }
        if (response.told && head.count(boost::beast::http::field::upgrade) > 0) {
            co_await this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
            co_await detail::serve_websocket(stream, std::move(head), std::move(response));
            co_return HttpEnd::done;
        }
        auto message = detail::to_message(std::move(response), version, keep_alive && !stopping);
        const auto written =
            co_await with_deadline(limits.body_time_max, detail::write_message(stream, message));
        co_await this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
        if (refused) co_return HttpEnd::unread;
        if (!written || !message.keep_alive()) co_return HttpEnd::done;
    }
}

}  // namespace till
