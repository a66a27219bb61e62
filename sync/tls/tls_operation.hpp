#pragma once

#include "sync/tls/tls_engine.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

// Behind TlsStream; nobody else includes this.
namespace till::sync::detail {

struct TlsHandshake {
    static constexpr bool moves_bytes = false;
    TlsProgress operator()(TlsEngine& engine) { return engine.handshake(); }
};
struct TlsClose {
    static constexpr bool moves_bytes = false;
    TlsProgress operator()(TlsEngine& engine) { return engine.close(); }
};
struct TlsRead {
    static constexpr bool moves_bytes = true;
    asio::mutable_buffer into;
    TlsProgress operator()(TlsEngine& engine) { return engine.read(into); }
};
template <class Buffers>
struct TlsWrite {
    static constexpr bool moves_bytes = true;
    Buffers from;
    bool taken = false;
    std::size_t bytes = 0;

    TlsProgress operator()(TlsEngine& engine) {
        TlsProgress progress = taken ? engine.flush() : take(engine);
        progress.bytes = bytes;
        return progress;
    }

private:
    TlsProgress take(TlsEngine& engine) {
        const TlsProgress progress = encrypt(engine);
        taken = true;
        bytes = progress.bytes;
        return progress;
    }
    // A WebSocket frame comes as header and payload: one record, not two.
    TlsProgress encrypt(TlsEngine& engine) {
        const asio::const_buffer first = *asio::buffer_sequence_begin(from);
        if (first.size() == asio::buffer_size(from) || first.size() >= tls_record_bytes)
            return engine.write(first);
        std::array<char, tls_record_bytes> joined;
        return engine.write(asio::buffer(joined, asio::buffer_copy(asio::buffer(joined), from)));
    }
};

/// Attempts until nothing is wanted any more. Holds the engine, not the stream, so that a stream may
/// be destroyed under it: its socket is closed then and the wait ends.
template <class Attempt>
struct TlsOperation {
    std::shared_ptr<TlsEngine> engine;
    Attempt attempt;
    TlsProgress progress = {};
    enum class At : std::uint8_t { start, waiting, done } at = At::start;

    template <class Self>
    void operator()(Self& self, boost::system::error_code waited = {}) {
        if (at == At::done) return finish(self);
        if (at == At::start) self.reset_cancellation_state(asio::enable_total_cancellation());
        if (waited)
            progress = TlsProgress{TlsProgress::Wants::nothing, waited, 0};
        else
            progress = attempt(*engine);

        auto& socket = engine->socket;
        if (progress.wants != TlsProgress::Wants::nothing) {
            at = At::waiting;
            const auto kind = progress.wants == TlsProgress::Wants::to_read
                                  ? asio::ip::tcp::socket::wait_read
                                  : asio::ip::tcp::socket::wait_write;
            return socket.async_wait(kind, std::move(self));
        }
        if (at == At::waiting) return finish(self);
        at = At::done;  // A handler is never called from inside its initiating function.
        asio::post(socket.get_executor(), std::move(self));
    }

private:
    template <class Self>
    void finish(Self& self) {
        if constexpr (Attempt::moves_bytes)
            self.complete(progress.failure, progress.failure ? 0 : progress.bytes);
        else
            self.complete(progress.failure);
    }
};

}  // namespace till::sync::detail
