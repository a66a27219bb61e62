#pragma once

#include "sync/tls/context.hpp"
#include "sync/tls/context_core.hpp"

#include <cstdint>
#include <string>

namespace till::sync::detail {

/// The extended key usage is stated and names serverAuth, or clientAuth.
bool has_use(const mbedtls_x509_crt& leaf, bool server);

/// Judges the peer's chain during one handshake, where mbedTLS alone would not do: time comes from
/// the context's source instead of the machine's clock, the leaf's use must be stated, its role is
/// the authority at the top, and an expired device is let in marked.
class PeerCheck {
public:
    explicit PeerCheck(const ContextCore& context) : context_{context} {}

    /// mbedTLS's verify callback: called for each certificate, from the top of the chain down.
    static int on_certificate(void* self, mbedtls_x509_crt* certificate, int depth,
                              std::uint32_t* flags) noexcept;

    /// A certificate was shown and is not acceptable. A server must then end the handshake itself:
    /// mbedTLS lets it go on, because no certificate at all is fine.
    bool refused() const { return judged_ && flags_ != 0; }
    unsigned char alert() const;  ///< The TLS alert that says why, when refused.
    std::string why() const;      ///< The same in words.

    const PeerIdentity& peer() const { return peer_; }

private:
    void judge(const mbedtls_x509_crt& certificate, int depth, std::uint32_t& flags);
    void judge_leaf(const mbedtls_x509_crt& leaf, std::uint32_t& flags);

    const ContextCore& context_;
    PeerIdentity peer_;
    bool judged_ = false;
    std::uint32_t flags_ = 0;
};

}  // namespace till::sync::detail
