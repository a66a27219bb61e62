#include "sync/tls/mbed.hpp"

#include "agent/core/hex.hpp"
#include "agent/crypto/hash.hpp"
#include "agent/crypto/system_random.hpp"

#include <mbedtls/asn1.h>
#include <mbedtls/bignum.h>
#include <mbedtls/cipher.h>
#include <mbedtls/ecp.h>
#include <mbedtls/error.h>
#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <mbedtls/pem.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace till::sync::detail {

namespace {

// A bundle of a few dozen certificates; anything larger is not one of ours.
constexpr std::size_t pem_bytes_max = 256 * 1024;

// An mbedTLS code is the sum of a module's code and that of the module below it.
bool is_out_of_memory(int code) {
    const int low = -(-code & 0x7f), high = -(-code & 0xff80);
    if (low == MBEDTLS_ERR_MPI_ALLOC_FAILED || low == MBEDTLS_ERR_ASN1_ALLOC_FAILED) return true;
    for (const int known :
         {MBEDTLS_ERR_SSL_ALLOC_FAILED, MBEDTLS_ERR_X509_ALLOC_FAILED, MBEDTLS_ERR_PK_ALLOC_FAILED,
          MBEDTLS_ERR_PEM_ALLOC_FAILED, MBEDTLS_ERR_ECP_ALLOC_FAILED, MBEDTLS_ERR_MD_ALLOC_FAILED,
          MBEDTLS_ERR_CIPHER_ALLOC_FAILED})
        if (high == known) return true;
    return false;
}

std::string common_name_of(const mbedtls_x509_name& subject) {
    for (const mbedtls_x509_name* name = &subject; name != nullptr; name = name->next)
        if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &name->oid) == 0)
            return std::string{bytes_of(name->val)};
    return {};
}

}  // namespace

int random(void*, unsigned char* out, std::size_t size) noexcept {
    SystemRandom{}.fill({out, size});
    return 0;
}

int survived(int code) {
    if (code < 0 && is_out_of_memory(code)) {
        std::fputs("tls: out of memory\n", stderr);
        std::abort();
    }
    return code;
}

Error failure(Errc errc, std::string_view doing, int code) {
    survived(code);
    std::array<char, 160> text{};
    mbedtls_strerror(code, text.data(), text.size());
    return Error{errc, std::string{doing} + ": " + text.data()};
}

void must(int code) {
    if (survived(code) >= 0) return;
    std::fprintf(stderr, "tls: a call that cannot fail gave -0x%04x\n",
                 static_cast<unsigned>(-code));
    std::abort();
}

Result<std::unique_ptr<CertificateHandle>> parse_certificates(std::string_view pem) {
    if (pem.size() > pem_bytes_max) return Error{Errc::out_of_range, "certificates: over 256 KiB"};
    if (pem.find("-----BEGIN CERTIFICATE-----") == std::string_view::npos)
        return Error{Errc::malformed, "certificates: no PEM certificate"};
    auto chain = std::make_unique<CertificateHandle>();
    const std::string text{pem};
    const int code = mbedtls_x509_crt_parse(chain->get(), c_bytes(text), text.size() + 1);
    if (code < 0) return failure(Errc::malformed, "reading a certificate", code);
    if (code > 0)
        return Error{Errc::malformed, std::to_string(code) + " certificates do not parse"};
    return chain;
}

Result<void> require_p256(const mbedtls_pk_context& key) {
    const bool curve_is_p256 = mbedtls_pk_can_do(&key, MBEDTLS_PK_ECDSA) != 0
                               && mbedtls_pk_ec(key)->grp.id == MBEDTLS_ECP_DP_SECP256R1;
    if (!curve_is_p256) return Error{Errc::unsupported, "the key is not an ECDSA P-256 key"};
    return {};
}

Result<std::string> subject_of(std::string_view common_name) {
    const auto is_plain = [](char c) {
        return c >= ' ' && c <= '~'
               && std::string_view{",=+<>;#\"\\"}.find(c) == std::string_view::npos;
    };
    const bool fits = !common_name.empty() && common_name.size() <= 64 && common_name.front() != ' '
                      && common_name.back() != ' ';
    if (!fits || !std::ranges::all_of(common_name, is_plain))
        return Error{Errc::malformed, "common name", "common_name",
                     "1 to 64 printable ASCII characters, none of ,=+<>;#\"\\"};
    return "CN=" + std::string{common_name};
}

CertificateFacts facts_of(const mbedtls_x509_crt& certificate) {
    CertificateFacts facts;
    facts.common_name = common_name_of(certificate.subject);
    facts.serial = hex(bytes_of(certificate.serial));
    std::array<char, 512> issuer{};
    if (mbedtls_x509_dn_gets(issuer.data(), issuer.size(), &certificate.issuer) > 0)
        facts.issuer = issuer.data();
    facts.not_before = wall_time(certificate.valid_from);
    facts.not_after = wall_time(certificate.valid_to);
    facts.fingerprint = sha256(bytes_of(certificate.raw));
    facts.public_key_fingerprint = sha256(bytes_of(certificate.pk_raw));
    facts.is_authority = certificate.ca_istrue != 0;
    return facts;
}

Digest public_key_fingerprint(mbedtls_pk_context& key) {
    std::array<std::uint8_t, 256> der{};
    const int size = mbedtls_pk_write_pubkey_der(&key, der.data(), der.size());
    must(size);
    const std::span all{der};
    return sha256(view(all.last(static_cast<std::size_t>(size))));  // It writes from the end.
}

WallTime wall_time(const mbedtls_x509_time& time) {
    using namespace std::chrono;
    const sys_days day{year{time.year} / time.mon / time.day};
    const auto moment =
        day.time_since_epoch() + hours{time.hour} + minutes{time.min} + seconds{time.sec};
    return WallTime{duration_cast<milliseconds>(moment).count()};
}

std::string pem_of(const mbedtls_x509_crt& certificate) {
    std::string pem(certificate.raw.len * 2 + 128, '\0');
    std::size_t size = 0;
    must(mbedtls_pem_write_buffer("-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n",
                                  certificate.raw.p, certificate.raw.len,
                                  reinterpret_cast<unsigned char*>(pem.data()), pem.size(), &size));
    pem.resize(size - 1);  // Without the NUL it counts.
    return pem;
}

}  // namespace till::sync::detail
