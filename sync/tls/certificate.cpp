#include "sync/tls/certificate.hpp"

#include "agent/crypto/hash.hpp"
#include "sync/tls/mbed.hpp"

namespace till::sync {

Result<CertificateFacts> certificate_facts(std::string_view pem) {
    TILL_TRY(auto chain, detail::parse_certificates(pem));
    return detail::facts_of(*chain->get());
}

Result<void> verify_with_certificate(std::string_view certificate_pem, BytesView message,
                                     BytesView signature) {
    TILL_TRY(auto chain, detail::parse_certificates(certificate_pem));
    mbedtls_pk_context& key = (*chain)->pk;
    TILL_TRY_VOID(detail::require_p256(key));
    const Digest hash = sha256(message);
    const int code =
        detail::survived(mbedtls_pk_verify(&key, MBEDTLS_MD_SHA256, hash.data(), hash.size(),
                                           octets(signature).data(), signature.size()));
    if (code != 0)
        return Error{Errc::not_trusted, "the signature is not by this certificate's key"};
    return {};
}

}  // namespace till::sync
