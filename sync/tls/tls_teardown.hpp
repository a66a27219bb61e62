#pragma once

#include "sync/tls/tls_stream.hpp"

#include <boost/asio/compose.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include <cstdint>
#include <utility>

// Include this beside websocket::stream<TlsStream>: Beast finds the two functions by their argument.
namespace till::sync {

namespace detail {

struct TlsTeardown {
    boost::beast::role_type role;
    TlsStream& stream;
    enum class At : std::uint8_t { start, told, closed } at = At::start;

    template <class Self>
    void operator()(Self& self, boost::system::error_code failure = {}) {
        if (at == At::start) {
            at = At::told;
            return stream.async_shutdown(std::move(self));
        }
        if (at == At::closed || failure) return self.complete(failure);
        at = At::closed;
        using boost::beast::websocket::async_teardown;
        async_teardown(role, stream.next_layer(), std::move(self));
    }
};

}  // namespace detail

/// Sends close_notify, then closes TCP gracefully. Ends when the peer has closed too.
template <class Handler>
void async_teardown(boost::beast::role_type role, TlsStream& stream, Handler&& handler) {
    return asio::async_compose<Handler, void(boost::system::error_code)>(
        detail::TlsTeardown{role, stream}, handler, stream);
}

/// Closes at once: what a synchronous caller gets, since a TlsStream never blocks.
inline void teardown(boost::beast::role_type, TlsStream& stream,
                     boost::system::error_code& failure) {
    stream.next_layer().close(failure);
}

}  // namespace till::sync
