#include "sync/tls/tls_stream.hpp"

namespace till::sync {

using boost::system::error_code;

TlsStream::TlsStream(asio::ip::tcp::socket next, const ServerContext& context)
    : engine_{std::make_shared<detail::TlsEngine>(std::move(next), context.core_, nullptr)} {}

TlsStream::TlsStream(asio::ip::tcp::socket next, const ClientContext& context,
                     const ServerName& name)
    : engine_{std::make_shared<detail::TlsEngine>(std::move(next), context.core_, &name.text())} {}

TlsStream::~TlsStream() {
    error_code ignored;  // Operations may still hold the engine; this ends their waits.
    if (engine_) engine_->socket.close(ignored);
}

TlsStream& TlsStream::operator=(TlsStream&& other) noexcept {
    TlsStream old{std::move(*this)};
    engine_ = std::move(other.engine_);
    return *this;
}

Error TlsStream::error(const error_code& code) const {
    if (code == asio::error::operation_aborted) return Error{Errc::abandoned, code.message()};
    if (code == TlsErrc::untrusted) return Error{Errc::not_trusted, why()};
    if (code == TlsErrc::refused) return Error{Errc::forbidden, why()};
    if (code == TlsErrc::protocol) return Error{Errc::malformed, why()};
    const bool is_end = code == TlsErrc::truncated || code == asio::error::eof
                        || code == asio::error::connection_reset
                        || code == asio::error::broken_pipe;
    return Error{is_end ? Errc::closed : Errc::io, code.message()};
}

}  // namespace till::sync
