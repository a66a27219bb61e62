#pragma once

#include "agent/core/result.hpp"
#include "sync/tls/tls_stream.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace till::sync {

/// A WebSocket (RFC 6455) client connection that carries whole binary messages, each at most
/// limits::frame_bytes_max. One read, one write and one close may be outstanding at a time.
/// The only place of the uplink that sees Beast.
class MessagePipe {
public:
    /// Asks for `target` with our subprotocol. forbidden when the centre will not have us there, closed
    /// when it cannot now; both with its own words in the detail.
    static asio::awaitable<Result<MessagePipe>> open(TlsStream stream, std::string host,
                                                     std::string target);

    asio::awaitable<Result<Bytes>> read();
    asio::awaitable<Result<void>> write(const Bytes& message);
    /// Closing handshake, close_notify and TCP's end. Has no deadline of its own.
    asio::awaitable<Result<void>> close();
    /// Ends the connection at once: what waits in read() or write() fails. A cancellation alone may
    /// meet Beast between two steps of a read, and is lost then.
    void cut();

    MessagePipe(MessagePipe&&) noexcept;
    ~MessagePipe();

private:
    struct Impl;
    explicit MessagePipe(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace till::sync
