#include "sync/uplink/message_pipe.hpp"

#include "agent/core/limits.hpp"
#include "agent/runtime/deadline.hpp"
#include "sync/session/exchange.hpp"
#include "sync/tls/tls_teardown.hpp"

#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace till::sync {

namespace {

namespace websocket = boost::beast::websocket;
namespace http = boost::beast::http;

using Stream = websocket::stream<TlsStream, false>;  // false: no permessage-deflate.

// A masked frame's header is at most 14 bytes, so that header and first piece fill one TLS record.
constexpr std::size_t write_buffer_bytes = detail::tls_record_bytes - 14;

void ask(websocket::request_type& request) {
    request.set(http::field::sec_websocket_protocol, subprotocol);
    request.set(http::field::user_agent, "till-agent");
}

Error refusal(const websocket::response_type& response, const boost::system::error_code& failure) {
    if (failure != websocket::error::upgrade_declined)
        return Error{Errc::closed, "WebSocket upgrade: " + failure.message()};
    const auto code = response.result_int() / 100 == 4 ? Errc::forbidden : Errc::closed;
    const std::string words = response.body().substr(0, 300);
    return Error{
        code, "the centre declined with " + std::to_string(response.result_int()) + ": " + words};
}

}  // namespace

struct MessagePipe::Impl {
    explicit Impl(TlsStream stream) : socket{std::move(stream)} {
        socket.binary(true);
        socket.auto_fragment(false);
        socket.write_buffer_bytes(write_buffer_bytes);
        socket.read_message_max(limits::frame_bytes_max);
        socket.set_option(websocket::stream_base::decorator(ask));
    }

    Error failed(const boost::system::error_code& failure) {
        if (failure == websocket::error::closed) {
            const auto reason = socket.reason();
            return Error{Errc::closed,
                         "the centre closed the connection"
                             + (reason.reason.empty() ? std::string{}
                                                      : ": " + std::string{reason.reason.c_str()})};
        }
        if (failure == asio::error::operation_aborted) return Error{Errc::abandoned, "cancelled"};
        if (failure.category() == make_error_code(websocket::error::closed).category())
            return Error{Errc::malformed, failure.message()};
        return socket.next_layer().error(failure);
    }

    Stream socket;
};

MessagePipe::MessagePipe(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
MessagePipe::MessagePipe(MessagePipe&&) noexcept = default;
MessagePipe::~MessagePipe() = default;

asio::awaitable<Result<MessagePipe>> MessagePipe::open(TlsStream stream, std::string host,
                                                       std::string target) {
    auto impl = std::make_unique<Impl>(std::move(stream));
    websocket::response_type response;
    const auto [failure] = co_await impl->socket.async_handshake(response, host, target, nothrow);
    if (failure) co_return refusal(response, failure);
    if (response[http::field::sec_websocket_protocol] != subprotocol)
        co_return Error{Errc::unsupported, "the centre does not speak tillstream.v1"};
    co_return MessagePipe{std::move(impl)};
}

asio::awaitable<Result<Bytes>> MessagePipe::read() {
    Bytes message;
    auto into = asio::dynamic_buffer(message);
    const auto [failure, size] = co_await impl_->socket.async_read(into, nothrow);
    if (failure) co_return impl_->failed(failure);
    co_return message;
}

asio::awaitable<Result<void>> MessagePipe::write(const Bytes& message) {
    const auto [failure, size] = co_await impl_->socket.async_write(asio::buffer(message), nothrow);
    if (failure) co_return impl_->failed(failure);
    co_return Result<void>{};
}

asio::awaitable<Result<void>> MessagePipe::close() {
    const websocket::close_reason normal{websocket::close_code::normal};
    const auto [failure] = co_await impl_->socket.async_close(normal, nothrow);
    if (failure) co_return impl_->failed(failure);
    co_return Result<void>{};
}

void MessagePipe::cut() {
    boost::system::error_code ignored;
    impl_->socket.next_layer().next_layer().close(ignored);
}

}  // namespace till::sync
