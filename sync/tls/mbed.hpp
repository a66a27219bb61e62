#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"
#include "sync/tls/certificate.hpp"

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <mbedtls/x509_csr.h>

#include <memory>
#include <string>
#include <string_view>

// What the files of this folder share about mbedTLS. Private: no public header includes it.
namespace till::sync::detail {

/// Owns one mbedTLS structure in place; it never moves, since mbedTLS points into it.
template <class T, void (*init)(T*), void (*release)(T*)>
class Handle {
public:
    Handle() { init(&raw_); }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() { release(&raw_); }

    T* get() noexcept { return &raw_; }
    T* operator->() noexcept { return &raw_; }

private:
    T raw_;
};

using KeyHandle = Handle<mbedtls_pk_context, mbedtls_pk_init, mbedtls_pk_free>;
using CertificateHandle = Handle<mbedtls_x509_crt, mbedtls_x509_crt_init, mbedtls_x509_crt_free>;
using RequestHandle = Handle<mbedtls_x509_csr, mbedtls_x509_csr_init, mbedtls_x509_csr_free>;

/// The kernel's randomness, in the shape mbedTLS asks for. No generator of ours, no lock, no seed.
int random(void*, unsigned char* out, std::size_t size) noexcept;

/// mbedTLS goes on with half-made state in places when memory runs out, so running out ends the
/// process. Passes `code` through otherwise.
int survived(int code);

/// An Error for a failed call: "reading a certificate: ASN1 - …".
Error failure(Errc errc, std::string_view doing, int code);

/// A call that cannot fail for the arguments given, memory aside: if it does, that is a bug.
void must(int code);

/// Every certificate of `pem`, in order; malformed when there is none or one does not parse.
Result<std::unique_ptr<CertificateHandle>> parse_certificates(std::string_view pem);

/// P-256 or nothing: unsupported.
Result<void> require_p256(const mbedtls_pk_context& key);

/// "CN=…" for mbedTLS's name writer; malformed when the name could be read as more than one part.
Result<std::string> subject_of(std::string_view common_name);

CertificateFacts facts_of(const mbedtls_x509_crt& certificate);
Digest public_key_fingerprint(mbedtls_pk_context& key);
WallTime wall_time(const mbedtls_x509_time& time);
std::string pem_of(const mbedtls_x509_crt& certificate);

inline BytesView bytes_of(const mbedtls_x509_buf& buffer) {
    return view(std::span<const std::uint8_t>{buffer.p, buffer.len});
}

/// PEM in a buffer that ends with NUL, as the parsers of mbedTLS want it.
inline const unsigned char* c_bytes(const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.c_str());
}

}  // namespace till::sync::detail
