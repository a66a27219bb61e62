#pragma once

#include "sync/tls/context.hpp"
#include "sync/tls/tls_error.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

// Behind TlsStream; nobody else includes this.
namespace till::sync::detail {

namespace asio = boost::asio;

/// What an attempt at an operation came to.
struct TlsProgress {
    enum class Wants : std::uint8_t { nothing, to_read, to_write };
    Wants wants = Wants::nothing;
    boost::system::error_code failure = {};
    std::size_t bytes = 0;
};

/// A connection without completion tokens: each call does what can be done without waiting.
class TlsEngine {
public:
    TlsEngine(asio::ip::tcp::socket next, std::shared_ptr<const ContextCore> context,
              const std::string* server_name);
    ~TlsEngine();

    TlsProgress handshake();
    TlsProgress read(asio::mutable_buffer into);
    TlsProgress write(asio::const_buffer from);  ///< Takes all it says it took; then flush().
    TlsProgress flush();
    TlsProgress close();

    const PeerIdentity& peer() const;
    const std::string& why() const;

    asio::ip::tcp::socket socket;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The largest piece that travels as one TLS record.
inline constexpr std::size_t tls_record_bytes = 16384;

}  // namespace till::sync::detail
