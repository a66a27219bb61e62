#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"
#include "sync/tls/credentials.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace till::sync {

/// From when until when a certificate is valid, both ends included, whole seconds, 2000 to 9999.
struct Validity {
    WallTime not_before{0};
    WallTime not_after{0};
};

/// What a certificate may be used for: its one extended key usage.
enum class CertificateUse : std::uint8_t { client, server };

/// What an authority certifies. Every field is the issuer's own decision; nothing is copied from
/// the request but its public key.
struct Grant {
    std::string common_name;  ///< Characters as Credentials::request has them.
    CertificateUse use = CertificateUse::client;
    Validity validity;
    std::vector<std::string> dns_names = {};  ///< Subject alternative names; a server needs one.
    std::vector<std::string> addresses = {};  ///< IPv4 or IPv6 in text, for openssl and browsers.
};

/// A small certificate authority: a self-signed P-256 certificate that may sign leaves and nothing
/// else (path length 0). A deployment has one each for servers, devices and administrators, because
/// a certificate's role is the authority that issued it. There are no revocation lists: the gateway
/// looks each certificate up by its serial.
///
/// Thread: as Credentials.
class Authority {
public:
    /// A new authority with a fresh key. Fails with malformed or out_of_range.
    static Result<Authority> make(std::string_view common_name, const Validity& validity);

    /// Fails as Credentials::load, and with malformed when the certificate is no authority's.
    static Result<Authority> load(const std::filesystem::path& file);
    Result<void> save(const std::filesystem::path& file) const { return own_.save(file); }

    /// The certificate to hand out as trust anchor; several concatenated make a bundle.
    const std::string& certificate_pem() const noexcept { return own_.chain_pem(); }
    Result<CertificateFacts> facts() const { return own_.facts(); }

    /// Vouches for something that is no certificate; `statement` begins with words that say what it is.
    Bytes vouch(BytesView statement) const { return own_.sign(statement); }

    /// A certificate (PEM) for the key of `request_pem`: random 16-byte serial, key usage
    /// digitalSignature, critical CA:false. Fails with malformed (request or grant), unsupported
    /// (key is not P-256), not_trusted (the request is not signed by its own key) or out_of_range
    /// (validity empty, or not inside the authority's own).
    Result<std::string> issue(std::string_view request_pem, const Grant& grant) const;

private:
    explicit Authority(Credentials own) : own_{std::move(own)} {}
    Credentials own_;
};

}  // namespace till::sync
