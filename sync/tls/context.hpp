#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"
#include "sync/tls/certificate.hpp"
#include "sync/tls/credentials.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace till::sync {

namespace detail {
struct ContextCore;
}

/// The time that certificates are judged by: a program passes its TimeFloor's, a test its own.
using TimeSource = std::function<WallTime()>;

/// Who the other end has proved to be: the kind of authority that issued its certificate.
enum class PeerRole : std::uint8_t { none, device, admin, server };

/// The verified identity of a peer. `role` none means that it showed no certificate, and the rest is
/// empty.
struct PeerIdentity {
    PeerRole role = PeerRole::none;
    /// A device's certificate that was valid in every respect but has run out: it may renew and
    /// nothing else. Never set for another role: those are refused.
    bool expired = false;
    CertificateFacts certificate;
    std::string certificate_pem;  ///< Of the leaf, for verify_with_certificate.
};

/// The DNS name that a server's certificate must carry. There is no way to connect without one.
class ServerName {
public:
    /// Fails with malformed on anything but a DNS name, addresses included: mbedTLS 2.28 does not
    /// match IP alternative names, so a server has a name even where it is dialled by address.
    static Result<ServerName> parse(std::string_view name);
    const std::string& text() const noexcept { return text_; }

private:
    explicit ServerName(std::string text) : text_{std::move(text)} {}
    std::string text_;
};

/// How this end opens connections: TLS 1.2 only, ECDHE with AES-GCM or ChaCha20-Poly1305, P-256,
/// X25519 or P-384, SHA-256 or better, no renegotiation, no tickets, no session cache, the kernel's
/// randomness. The server's certificate must verify, carry the ServerName as a DNS alternative name,
/// and be for serverAuth.
///
/// A handle to something immutable: copies share it, and a stream keeps it alive, so renewed
/// credentials are a new context. Thread: a context and all its streams belong to one thread, since
/// mbedTLS caches inside keys; a server with several loops makes one context for each.
class ClientContext {
public:
    /// `authorities_pem` holds one or more trust anchors: two while an authority rolls over.
    /// Fails with malformed.
    static Result<ClientContext> make(std::string_view authorities_pem, TimeSource now);
    /// The same with a certificate to show; not_found when `own` has none.
    static Result<ClientContext> make(std::string_view authorities_pem, const Credentials& own,
                                      TimeSource now);
    /// For enrolment, where only the SHA-256 fingerprint of the authority's certificate is known
    /// (CertificateFacts::fingerprint): the server must send that certificate in its chain.
    static Result<ClientContext> pinned(const Digest& authority, TimeSource now);

private:
    friend class TlsStream;
    explicit ClientContext(std::shared_ptr<const detail::ContextCore> core)
        : core_{std::move(core)} {}
    std::shared_ptr<const detail::ContextCore> core_;
};

/// Whose client certificates a server accepts: bundles of one or more authorities each, disjoint.
struct ClientAuthorities {
    std::string device_pem;
    std::string admin_pem;
};

/// How this end answers connections; protocol rules as ClientContext's. A client may come without a
/// certificate (role none). One that shows a certificate must have a valid one for clientAuth from
/// a known authority, else the handshake fails; only a device's may have expired.
class ServerContext {
public:
    /// `own` must carry a certificate for serverAuth; send the authority's certificate in its chain
    /// for clients that know only its fingerprint. Fails with not_found or malformed.
    static Result<ServerContext> make(const Credentials& own, const ClientAuthorities& clients,
                                      TimeSource now);

private:
    friend class TlsStream;
    explicit ServerContext(std::shared_ptr<const detail::ContextCore> core)
        : core_{std::move(core)} {}
    std::shared_ptr<const detail::ContextCore> core_;
};

}  // namespace till::sync
