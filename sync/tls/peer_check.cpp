#include "sync/tls/peer_check.hpp"

#include "agent/crypto/hash.hpp"

#include <mbedtls/oid.h>
#include <mbedtls/x509.h>

#include <array>
#include <string_view>
#include <utility>

namespace till::sync::detail {

namespace {

constexpr std::array<std::pair<std::uint32_t, std::string_view>, 10> causes = {{
    {MBEDTLS_X509_BADCERT_NOT_TRUSTED, "issued by no authority known here"},
    {MBEDTLS_X509_BADCERT_CN_MISMATCH, "not for this server name"},
    {MBEDTLS_X509_BADCERT_EXPIRED, "expired"},
    {MBEDTLS_X509_BADCERT_FUTURE, "not yet valid"},
    {MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, "not for this use (extended key usage)"},
    {MBEDTLS_X509_BADCERT_KEY_USAGE, "not for this use (key usage)"},
    {MBEDTLS_X509_BADCERT_BAD_MD, "signed over a weak hash"},
    {MBEDTLS_X509_BADCERT_BAD_PK, "of an unsuitable kind of key"},
    {MBEDTLS_X509_BADCERT_BAD_KEY, "of a weak key"},
    {MBEDTLS_X509_BADCERT_MISSING, "missing"},
}};

}  // namespace

bool has_use(const mbedtls_x509_crt& leaf, bool server) {
    // mbedTLS takes a certificate without the extension for one that may do everything.
    if ((leaf.ext_types & MBEDTLS_X509_EXT_EXTENDED_KEY_USAGE) == 0) return false;
    const std::string_view oid = server ? MBEDTLS_OID_SERVER_AUTH : MBEDTLS_OID_CLIENT_AUTH;
    return mbedtls_x509_crt_check_extended_key_usage(&leaf, oid.data(), oid.size()) == 0;
}

int PeerCheck::on_certificate(void* self, mbedtls_x509_crt* certificate, int depth,
                              std::uint32_t* flags) noexcept {
    static_cast<PeerCheck*>(self)->judge(*certificate, depth, *flags);
    return 0;
}

void PeerCheck::judge(const mbedtls_x509_crt& certificate, int depth, std::uint32_t& flags) {
    const WallTime now = context_.now();
    flags &= ~std::uint32_t{MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE};
    if (wall_time(certificate.valid_to) < now) flags |= MBEDTLS_X509_BADCERT_EXPIRED;
    if (now < wall_time(certificate.valid_from)) flags |= MBEDTLS_X509_BADCERT_FUTURE;

    const Digest fingerprint = sha256(bytes_of(certificate.raw));
    if (context_.pin == fingerprint) flags &= ~std::uint32_t{MBEDTLS_X509_BADCERT_NOT_TRUSTED};
    for (const auto& root : context_.root_roles)
        if (root.fingerprint == fingerprint) peer_.role = root.role;

    if (depth == 0) judge_leaf(certificate, flags);
    judged_ = true;
    flags_ |= flags;
}

void PeerCheck::judge_leaf(const mbedtls_x509_crt& leaf, std::uint32_t& flags) {
    const bool peer_is_server = !context_.is_server;
    if (!has_use(leaf, peer_is_server)) flags |= MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
    if (mbedtls_x509_crt_check_key_usage(&leaf, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) != 0)
        flags |= MBEDTLS_X509_BADCERT_KEY_USAGE;
    if (leaf.ca_istrue != 0) flags |= MBEDTLS_X509_BADCERT_OTHER;
    // Without alternative names mbedTLS would fall back on the common name.
    if (peer_is_server && (leaf.ext_types & MBEDTLS_X509_EXT_SUBJECT_ALT_NAME) == 0)
        flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;

    if (peer_.role == PeerRole::none) flags |= MBEDTLS_X509_BADCERT_NOT_TRUSTED;
    if (peer_.role == PeerRole::device && flags_ == 0 && flags == MBEDTLS_X509_BADCERT_EXPIRED) {
        peer_.expired = true;
        flags = 0;
    }
    peer_.certificate = facts_of(leaf);
    peer_.certificate_pem = pem_of(leaf);
}

unsigned char PeerCheck::alert() const {
    if ((flags_ & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) return MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA;
    if ((flags_ & MBEDTLS_X509_BADCERT_EXPIRED) != 0) return MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED;
    if ((flags_ & (MBEDTLS_X509_BADCERT_EXT_KEY_USAGE | MBEDTLS_X509_BADCERT_KEY_USAGE)) != 0)
        return MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT;
    return MBEDTLS_SSL_ALERT_MSG_BAD_CERT;
}

std::string PeerCheck::why() const {
    std::string text =
        context_.is_server ? "certificate of client refused:" : "certificate of server refused:";
    for (const auto& [flag, cause] : causes)
        if ((flags_ & flag) != 0) text.append(" ").append(cause).append(";");
    if (text.ends_with(':')) return text.append(" not acceptable");
    text.pop_back();
    return text;
}

}  // namespace till::sync::detail
