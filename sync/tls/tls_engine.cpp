#include "sync/tls/tls_engine.hpp"

#include "sync/tls/context_core.hpp"
#include "sync/tls/mbed.hpp"
#include "sync/tls/peer_check.hpp"

#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/platform.h>
#include <mbedtls/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace till::sync::detail {

using boost::system::error_code;

namespace {

using SessionHandle = Handle<mbedtls_ssl_context, mbedtls_ssl_init, mbedtls_ssl_free>;
using Wants = TlsProgress::Wants;

// Records that carry nothing for the caller (refused renegotiation, warnings, empty data). A peer
// that sends more of them in a row than this does not mean well.
constexpr int idle_records_max = 32;

// Alerts pile up here only while the peer does not read.
constexpr std::size_t unsent_bytes_max = 4 * tls_record_bytes;

error_code last_system_error() { return {errno, boost::system::system_category()}; }
static_assert(EAGAIN == EWOULDBLOCK);
bool is_not_now(int cause) { return cause == EAGAIN; }

// RFC 5246 §7.2; those a till's log will show.
std::string alert_text(unsigned char alert) {
    const char* const name = alert == MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE ? "handshake failure"
                             : alert == MBEDTLS_SSL_ALERT_MSG_BAD_CERT        ? "bad certificate"
                             : alert == MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT
                                 ? "unsupported certificate"
                             : alert == MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED  ? "certificate revoked"
                             : alert == MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED  ? "certificate expired"
                             : alert == MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA    ? "unknown authority"
                             : alert == MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED ? "access denied"
                             : alert == MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION ? "protocol version"
                                                                               : "fatal alert";
    return "the other end refused: " + std::string{name} + " (" + std::to_string(alert) + ")";
}

}  // namespace

struct TlsEngine::State {
    State(asio::ip::tcp::socket& below, std::shared_ptr<const ContextCore> core)
        : socket{below}, context{std::move(core)}, check{*context} {}

    asio::ip::tcp::socket& socket;
    std::shared_ptr<const ContextCore> context;
    PeerCheck check;
    SessionHandle session;

    // What the kernel would not take yet. mbedTLS is never told to come again: its own way of
    // resuming a write sends the data twice when a read has flushed it in between.
    std::string unsent;
    bool socket_is_dry = false;  // The last receive found nothing.
    bool is_ready = false;       // The handshake is over and the peer accepted.
    bool said_goodbye = false;
    error_code socket_failure;
    TlsProgress ended;  // Why nothing more can be read; sticky.
    std::string why;

    static int send(void* self, const unsigned char* bytes, std::size_t size) noexcept;
    static int receive(void* self, unsigned char* bytes, std::size_t size) noexcept;
    TlsProgress flush();
    TlsProgress fail(int code);
    TlsProgress fail(const error_code& code, std::string cause);
    TlsProgress refuse_peer(bool peer_was_told);
    void forget_peer_chain();
};

int TlsEngine::State::send(void* self, const unsigned char* bytes, std::size_t size) noexcept {
    State& state = *static_cast<State*>(self);
    if (state.unsent.size() > unsent_bytes_max) return MBEDTLS_ERR_NET_SEND_FAILED;
    state.unsent.append(reinterpret_cast<const char*>(bytes), size);
    return state.flush().failure ? MBEDTLS_ERR_NET_SEND_FAILED : static_cast<int>(size);
}

int TlsEngine::State::receive(void* self, unsigned char* bytes, std::size_t size) noexcept {
    State& state = *static_cast<State*>(self);
    for (;;) {
        const ssize_t got = ::recv(state.socket.native_handle(), bytes, size, 0);
        if (got >= 0) return static_cast<int>(got);
        if (errno == EINTR) continue;
        state.socket_is_dry = is_not_now(errno);
        if (state.socket_is_dry) return MBEDTLS_ERR_SSL_WANT_READ;
        state.socket_failure = last_system_error();
        return MBEDTLS_ERR_NET_RECV_FAILED;
    }
}

TlsProgress TlsEngine::State::flush() {
    while (!unsent.empty()) {
        const ssize_t sent =
            ::send(socket.native_handle(), unsent.data(), unsent.size(), MSG_NOSIGNAL);
        if (sent >= 0)
            unsent.erase(0, static_cast<std::size_t>(sent));
        else if (is_not_now(errno))
            return {Wants::to_write};
        else if (errno != EINTR)
            return fail(socket_failure = last_system_error(), "sending");
    }
    unsent.shrink_to_fit();  // An idle connection keeps no buffer of ours.
    return {};
}

TlsProgress TlsEngine::State::fail(const error_code& code, std::string cause) {
    why = std::move(cause);
    return {Wants::nothing, code, 0};
}

TlsProgress TlsEngine::State::fail(int code) {
    if (socket_failure) return fail(socket_failure, socket_failure.message());
    if (code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) return fail(asio::error::eof, "closed");
    if (code == MBEDTLS_ERR_SSL_CONN_EOF || code == 0)
        return fail(TlsErrc::truncated, "the connection ended without notice");
    if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
        return fail(TlsErrc::refused, alert_text(session->in_msg[1]));
    return fail(TlsErrc::protocol, failure(Errc::malformed, "tls", code).detail);
}

TlsProgress TlsEngine::State::refuse_peer(bool peer_was_told) {
    if (!peer_was_told)
        mbedtls_ssl_send_alert_message(session.get(), MBEDTLS_SSL_ALERT_LEVEL_FATAL, check.alert());
    return fail(TlsErrc::untrusted, check.why());
}

// mbedTLS keeps the parsed chain and tables for its keys as long as the connection lasts. Without
// renegotiation nobody asks again; what is worth knowing is in the PeerIdentity.
void TlsEngine::State::forget_peer_chain() {
    mbedtls_x509_crt*& chain = session->session->peer_cert;
    if (chain == nullptr) return;
    mbedtls_x509_crt_free(chain);
    mbedtls_free(std::exchange(chain, nullptr));
}

TlsEngine::TlsEngine(asio::ip::tcp::socket next, std::shared_ptr<const ContextCore> context,
                     const std::string* server_name)
    : socket{std::move(next)}, state_{std::make_unique<State>(socket, std::move(context))} {
    error_code ignored;  // On a socket that is already gone the handshake will say so.
    socket.native_non_blocking(true, ignored);
    socket.set_option(asio::ip::tcp::no_delay{true}, ignored);

    mbedtls_ssl_context* const ssl = state_->session.get();
    must(mbedtls_ssl_setup(ssl, const_cast<ConfigHandle&>(state_->context->config).get()));
    if (server_name != nullptr) must(mbedtls_ssl_set_hostname(ssl, server_name->c_str()));
    mbedtls_ssl_set_verify(ssl, PeerCheck::on_certificate, &state_->check);
    mbedtls_ssl_set_bio(ssl, state_.get(), State::send, State::receive, nullptr);
}

TlsEngine::~TlsEngine() = default;

TlsProgress TlsEngine::handshake() {
    State& state = *state_;
    mbedtls_ssl_context* const ssl = state.session.get();
    if (state.ended.failure) return state.ended;
    for (int idle = 0; ssl->state != MBEDTLS_SSL_HANDSHAKE_OVER;) {
        // What is said must be out before an answer can be waited for.
        const TlsProgress sent = state.flush();
        if (sent.failure || sent.wants != Wants::nothing) return sent;
        state.socket_is_dry = false;
        const int code = survived(mbedtls_ssl_handshake_step(ssl));
        if (state.check.refused()) return state.ended = state.refuse_peer(code != 0);
        if (code == MBEDTLS_ERR_SSL_WANT_READ && state.socket_is_dry && state.unsent.empty())
            return {Wants::to_read};
        const bool goes_on = code == 0 || code == MBEDTLS_ERR_SSL_WANT_READ;
        if (!goes_on) return state.ended = state.fail(code);
        if (code != 0 && !state.socket_is_dry && ++idle > idle_records_max)
            return state.ended = state.fail(TlsErrc::protocol, "too many empty records");
    }
    state.is_ready = true;
    state.forget_peer_chain();
    return state.flush();
}

TlsProgress TlsEngine::read(asio::mutable_buffer into) {
    State& state = *state_;
    if (state.ended.failure) return state.ended;
    if (!state.is_ready) return state.fail(asio::error::not_connected, "no handshake yet");
    if (into.size() == 0) return {};
    for (int idle = 0; idle < idle_records_max; ++idle) {
        state.socket_is_dry = false;
        const int code = survived(mbedtls_ssl_read(
            state.session.get(), static_cast<unsigned char*>(into.data()), into.size()));
        if (code > 0) return {Wants::nothing, {}, static_cast<std::size_t>(code)};
        if (code == MBEDTLS_ERR_SSL_WANT_READ && state.socket_is_dry) return {Wants::to_read};
        if (code != MBEDTLS_ERR_SSL_WANT_READ) return state.ended = state.fail(code);
    }
    return state.ended = state.fail(TlsErrc::protocol, "too many empty records");
}

TlsProgress TlsEngine::write(asio::const_buffer from) {
    State& state = *state_;
    if (!state.is_ready || state.said_goodbye)
        return state.fail(asio::error::not_connected, "not open for writing");
    if (from.size() == 0) return state.flush();
    const int code = survived(mbedtls_ssl_write(state.session.get(),
                                                static_cast<const unsigned char*>(from.data()),
                                                std::min(from.size(), tls_record_bytes)));
    if (code < 0) return state.fail(code);
    TlsProgress progress = state.flush();
    progress.bytes = static_cast<std::size_t>(code);
    return progress;
}

TlsProgress TlsEngine::flush() { return state_->flush(); }

TlsProgress TlsEngine::close() {
    State& state = *state_;
    if (state.is_ready && !state.said_goodbye) {
        state.said_goodbye = true;
        const int code = survived(mbedtls_ssl_close_notify(state.session.get()));
        if (code < 0) return state.fail(code);
    }
    return state.flush();
}

const PeerIdentity& TlsEngine::peer() const { return state_->check.peer(); }
const std::string& TlsEngine::why() const { return state_->why; }

}  // namespace till::sync::detail
