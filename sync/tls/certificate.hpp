#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"

#include <string>
#include <string_view>

namespace till::sync {

/// What an X.509 certificate (RFC 5280) says. Nothing here is verified: see PeerIdentity for that.
struct CertificateFacts {
    std::string common_name;  ///< Of the subject; a device's is its UUID. As sent, any bytes.
    std::string serial;       ///< Lower-case hexadecimal, as openssl prints it but in lower case.
    std::string issuer;       ///< The issuer's name for people: "CN=Tillstream device CA".
    WallTime not_before{0};
    WallTime not_after{0};            ///< The last moment at which it is valid.
    Digest fingerprint{};             ///< SHA-256 of the DER.
    Digest public_key_fingerprint{};  ///< SHA-256 of the SubjectPublicKeyInfo: survives renewal.
    bool is_authority = false;        ///< Basic constraints say CA.
};

/// The facts of the first certificate in `pem`. Fails with malformed.
Result<CertificateFacts> certificate_facts(std::string_view pem);

/// Fails with not_trusted unless `signature` (ECDSA P-256 with SHA-256, DER, as Credentials::sign
/// makes it) is over exactly `message` by the key of the first certificate in `certificate_pem`.
/// Says nothing about the certificate itself: the caller has verified it already.
Result<void> verify_with_certificate(std::string_view certificate_pem, BytesView message,
                                     BytesView signature);

}  // namespace till::sync
