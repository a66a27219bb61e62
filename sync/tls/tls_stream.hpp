#pragma once

#include "agent/core/result.hpp"
#include "sync/tls/context.hpp"
#include "sync/tls/tls_engine.hpp"
#include "sync/tls/tls_error.hpp"
#include "sync/tls/tls_operation.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace till::sync {

namespace asio = boost::asio;

/// TLS over a connected TCP socket: an AsyncReadStream and AsyncWriteStream for Asio and Beast.
///
/// One read and one write may be outstanding at a time, on one strand. Nothing here waits for ever
/// by itself, and nothing has a deadline: put with_deadline (handshake_time_max) around. A read may
/// be cancelled and tried again; after a cancelled write or handshake the stream is only good for
/// closing. Destroying the stream closes the socket; outstanding operations end with an error.
///
/// An idle connection costs about 38 KB of heap, nearly all of it mbedTLS's two record buffers.
class TlsStream {
public:
    using executor_type = asio::ip::tcp::socket::executor_type;
    using next_layer_type = asio::ip::tcp::socket;
    using lowest_layer_type = asio::ip::tcp::socket::lowest_layer_type;

    TlsStream(asio::ip::tcp::socket next, const ServerContext& context);
    TlsStream(asio::ip::tcp::socket next, const ClientContext& context, const ServerName& name);
    TlsStream(TlsStream&&) noexcept = default;
    TlsStream& operator=(TlsStream&& other) noexcept;
    ~TlsStream();

    executor_type get_executor() { return engine_->socket.get_executor(); }
    next_layer_type& next_layer() { return engine_->socket; }
    const next_layer_type& next_layer() const { return engine_->socket; }
    lowest_layer_type& lowest_layer() { return engine_->socket.lowest_layer(); }

    /// void(error_code). Reading and writing begin after it. On failure why() tells the cause.
    template <class Token>
    auto async_handshake(Token&& token) {
        return start<void(boost::system::error_code)>(detail::TlsHandshake{}, token);
    }

    /// void(error_code). Sends close_notify; does not wait for the peer's.
    template <class Token>
    auto async_shutdown(Token&& token) {
        return start<void(boost::system::error_code)>(detail::TlsClose{}, token);
    }

    /// void(error_code, bytes read). asio::error::eof after the peer's close_notify,
    /// TlsErrc::truncated when the connection ended without.
    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        asio::mutable_buffer into;
        const auto end = asio::buffer_sequence_end(buffers);
        for (auto it = asio::buffer_sequence_begin(buffers); it != end && into.size() == 0; ++it)
            into = *it;
        return start<void(boost::system::error_code, std::size_t)>(detail::TlsRead{into}, token);
    }

    /// void(error_code, bytes written). Completes when the bytes are the kernel's.
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return start<void(boost::system::error_code, std::size_t)>(
            detail::TlsWrite<Buffers>{buffers}, token);
    }

    /// Who the other end is; of use only after a successful handshake.
    const PeerIdentity& peer() const { return engine_->peer(); }

    /// The last failure in plain words, for a log: "certificate refused: expired".
    const std::string& why() const { return engine_->why(); }

    /// What an operation's error_code means to a caller that deals in Result.
    Error error(const boost::system::error_code& code) const;

private:
    template <class Signature, class Attempt, class Token>
    auto start(Attempt attempt, Token& token) {
        return asio::async_compose<Token, Signature>(
            detail::TlsOperation<Attempt>{engine_, std::move(attempt)}, token, engine_->socket);
    }

    std::shared_ptr<detail::TlsEngine> engine_;
};

}  // namespace till::sync
