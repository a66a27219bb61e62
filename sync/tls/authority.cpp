#include "sync/tls/authority.hpp"

#include "agent/crypto/system_random.hpp"
#include "sync/tls/context.hpp"
#include "sync/tls/mbed.hpp"

#include <arpa/inet.h>
#include <mbedtls/asn1write.h>
#include <mbedtls/bignum.h>
#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <mbedtls/x509.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <utility>

namespace till::sync {

using namespace detail;

namespace {

using CertificateWriter =
    Handle<mbedtls_x509write_cert, mbedtls_x509write_crt_init, mbedtls_x509write_crt_free>;
using Number = Handle<mbedtls_mpi, mbedtls_mpi_init, mbedtls_mpi_free>;

constexpr std::size_t request_bytes_max = 16 * 1024;

// One DER element with a length below 65,536: mbedTLS 2.28 has no writer for the extensions here.
Bytes der(int tag, BytesView content) {
    Bytes out{static_cast<char>(tag)};
    const std::size_t size = content.size();
    if (size >= 256)
        out += {'\x82', static_cast<char>(size >> 8)};
    else if (size >= 128)
        out += '\x81';
    out += static_cast<char>(size & 0xff);
    return out.append(content);
}

constexpr int sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
constexpr int dns_name = MBEDTLS_ASN1_CONTEXT_SPECIFIC | 2;  // GeneralName, RFC 5280 §4.2.1.6.
constexpr int ip_address = MBEDTLS_ASN1_CONTEXT_SPECIFIC | 7;

template <std::size_t size>
void add_extension(CertificateWriter& writer, const char (&oid)[size], bool critical,
                   BytesView value) {
    must(mbedtls_x509write_crt_set_extension(writer.get(), oid, size - 1, critical ? 1 : 0,
                                             octets(value).data(), value.size()));
}

Result<Bytes> address_bytes(const std::string& text) {
    std::array<char, 16> bytes{};
    if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return Bytes{bytes.data(), 4};
    if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return Bytes{bytes.data(), 16};
    return Error{Errc::malformed, "not an IP address: " + text, "addresses"};
}

Result<Bytes> alternative_names(const Grant& grant) {
    Bytes names;
    for (const std::string& name : grant.dns_names) {
        TILL_TRY(const ServerName checked, ServerName::parse(name));
        names += der(dns_name, checked.text());
    }
    for (const std::string& address : grant.addresses) {
        TILL_TRY(const Bytes bytes, address_bytes(address));
        names += der(ip_address, bytes);
    }
    if (names.size() > 4096) return Error{Errc::out_of_range, "too many alternative names"};
    return names.empty() ? names : der(sequence, names);
}

// "YYYYMMDDhhmmss", as mbedTLS takes a time.
Result<std::string> stamp(WallTime time) {
    using namespace std::chrono;
    const sys_seconds moment{floor<seconds>(milliseconds{time.value()})};
    const auto day = floor<days>(moment);
    const year_month_day date{day};
    const hh_mm_ss clock{moment - day};
    const int year = static_cast<int>(date.year());
    if (year < 2000 || year > 9999)
        return Error{Errc::out_of_range, "validity", "validity", "years 2000 to 9999"};
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%04d%02u%02u%02d%02d%02d", year,
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return std::string{text.data()};
}

Result<void> set_validity(CertificateWriter& writer, const Validity& validity) {
    if (validity.not_after <= validity.not_before)
        return Error{Errc::out_of_range, "a certificate must end after it begins", "validity"};
    TILL_TRY(const std::string from, stamp(validity.not_before));
    TILL_TRY(const std::string to, stamp(validity.not_after));
    must(mbedtls_x509write_crt_set_validity(writer.get(), from.c_str(), to.c_str()));
    return {};
}

// 126 random bits: positive, of constant length, and never zero (RFC 5280 §4.1.2.2).
void set_serial(CertificateWriter& writer) {
    std::array<std::uint8_t, 16> bytes{};
    SystemRandom{}.fill(bytes);
    bytes[0] = static_cast<std::uint8_t>((bytes[0] & 0x3f) | 0x40);
    Number serial;
    must(mbedtls_mpi_read_binary(serial.get(), bytes.data(), bytes.size()));
    must(mbedtls_x509write_crt_set_serial(writer.get(), serial.get()));
}

std::string finish(CertificateWriter& writer) {
    std::array<unsigned char, 16384> pem{};
    must(mbedtls_x509write_crt_pem(writer.get(), pem.data(), pem.size(), random, nullptr));
    return reinterpret_cast<const char*>(pem.data());
}

void set_common(CertificateWriter& writer, mbedtls_pk_context& subject, mbedtls_pk_context& issuer,
                unsigned usage) {
    mbedtls_x509write_crt_set_version(writer.get(), MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(writer.get(), MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(writer.get(), &subject);
    mbedtls_x509write_crt_set_issuer_key(writer.get(), &issuer);
    set_serial(writer);
    must(mbedtls_x509write_crt_set_key_usage(writer.get(), usage));
    must(mbedtls_x509write_crt_set_subject_key_identifier(writer.get()));
    must(mbedtls_x509write_crt_set_authority_key_identifier(writer.get()));
}

// The key of an authority, in mbedTLS's form.
void read_key(KeyHandle& key, const Credentials& own) {
    const Secret pem = own.pem();
    Bytes text{pem.reveal()};
    must(mbedtls_pk_parse_key(key.get(), c_bytes(text), text.size() + 1, nullptr, 0));
    ::explicit_bzero(text.data(), text.size());
}

Result<void> read_request(RequestHandle& request, std::string_view pem) {
    if (pem.size() > request_bytes_max) return Error{Errc::out_of_range, "request over 16 KiB"};
    const std::string text{pem};
    int code = mbedtls_x509_csr_parse(request.get(), c_bytes(text), text.size() + 1);
    if (code != 0) return failure(Errc::malformed, "reading a certificate request", code);
    TILL_TRY_VOID(require_p256(request->pk));
    if (request->sig_md != MBEDTLS_MD_SHA256 && request->sig_md != MBEDTLS_MD_SHA384
        && request->sig_md != MBEDTLS_MD_SHA512)
        return Error{Errc::unsupported, "the request is not signed over SHA-256 or better"};

    // mbedTLS parses a request without looking at its signature.
    std::array<unsigned char, MBEDTLS_MD_MAX_SIZE> hash{};
    const auto* const kind = mbedtls_md_info_from_type(request->sig_md);
    must(mbedtls_md(kind, request->cri.p, request->cri.len, hash.data()));
    code = survived(mbedtls_pk_verify_ext(request->sig_pk, request->sig_opts, &request->pk,
                                          request->sig_md, hash.data(), mbedtls_md_get_size(kind),
                                          request->sig.p, request->sig.len));
    if (code != 0) return Error{Errc::not_trusted, "the request is not signed by its own key"};
    return {};
}

}  // namespace

Result<Authority> Authority::make(std::string_view common_name, const Validity& validity) {
    TILL_TRY(const std::string subject, subject_of(common_name));
    Credentials own = Credentials::make();
    KeyHandle key;
    read_key(key, own);
    CertificateWriter writer;
    set_common(writer, *key.get(), *key.get(),
               MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN);
    must(mbedtls_x509write_crt_set_subject_name(writer.get(), subject.c_str()));
    must(mbedtls_x509write_crt_set_issuer_name(writer.get(), subject.c_str()));
    TILL_TRY_VOID(set_validity(writer, validity));
    // CA:true, path length 0.
    const Bytes constraints =
        der(MBEDTLS_ASN1_BOOLEAN, "\xff") + der(MBEDTLS_ASN1_INTEGER, Bytes(1, '\0'));
    add_extension(writer, MBEDTLS_OID_BASIC_CONSTRAINTS, true, der(sequence, constraints));
    TILL_TRY_VOID(own.install(finish(writer)));
    return Authority{std::move(own)};
}

Result<Authority> Authority::load(const std::filesystem::path& file) {
    TILL_TRY(Credentials own, Credentials::load(file));
    TILL_TRY(const CertificateFacts facts, own.facts());
    if (!facts.is_authority)
        return Error{Errc::malformed, file.string() + " is not the file of an authority"};
    return Authority{std::move(own)};
}

Result<std::string> Authority::issue(std::string_view request_pem, const Grant& grant) const {
    RequestHandle request;
    TILL_TRY_VOID(read_request(request, request_pem));
    TILL_TRY(const std::string subject, subject_of(grant.common_name));
    TILL_TRY(const Bytes names, alternative_names(grant));
    const bool is_server = grant.use == CertificateUse::server;
    if (is_server && grant.dns_names.empty())
        return Error{Errc::malformed, "a server's certificate needs a DNS name", "dns_names"};
    TILL_TRY(const CertificateFacts own, facts());
    if (grant.validity.not_before < own.not_before || own.not_after < grant.validity.not_after)
        return Error{Errc::out_of_range, "a certificate cannot outlive its authority", "validity"};

    KeyHandle key;
    read_key(key, own_);
    CertificateWriter writer;
    set_common(writer, request->pk, *key.get(), MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
    must(mbedtls_x509write_crt_set_subject_name(writer.get(), subject.c_str()));
    must(mbedtls_x509write_crt_set_issuer_name(writer.get(), ("CN=" + own.common_name).c_str()));
    TILL_TRY_VOID(set_validity(writer, grant.validity));
    add_extension(writer, MBEDTLS_OID_BASIC_CONSTRAINTS, true, der(sequence, ""));
    const Bytes use = is_server ? MBEDTLS_OID_SERVER_AUTH : MBEDTLS_OID_CLIENT_AUTH;
    add_extension(writer, MBEDTLS_OID_EXTENDED_KEY_USAGE, false,
                  der(sequence, der(MBEDTLS_ASN1_OID, use)));
    if (!names.empty()) add_extension(writer, MBEDTLS_OID_SUBJECT_ALT_NAME, false, names);
    return finish(writer);
}

}  // namespace till::sync
