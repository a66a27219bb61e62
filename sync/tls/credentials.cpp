#include "sync/tls/credentials.hpp"

#include "agent/crypto/hash.hpp"
#include "agent/runtime/private_file.hpp"
#include "sync/tls/mbed.hpp"

#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/x509_csr.h>

#include <array>
#include <cstring>

namespace till::sync {

using namespace detail;

struct Credentials::Key {
    mutable KeyHandle handle;  // Signing caches inside, hence mutable and one thread.
};

namespace {

// A PEM text that is wiped when it goes. `room` is what will be appended: growing would leave a copy.
class KeyText {
public:
    explicit KeyText(std::string_view text, std::size_t room = 0) {
        text_.reserve(text.size() + room);
        text_ = text;
    }
    KeyText(const KeyText&) = delete;
    KeyText& operator=(const KeyText&) = delete;
    ~KeyText() { ::explicit_bzero(text_.data(), text_.size()); }
    std::string& text() { return text_; }

private:
    std::string text_;
};

}  // namespace

Credentials::Credentials(std::unique_ptr<Key> key) : key_{std::move(key)} {}
Credentials::Credentials(Credentials&&) noexcept = default;
Credentials& Credentials::operator=(Credentials&&) noexcept = default;
Credentials::~Credentials() = default;

Credentials Credentials::make() {
    auto key = std::make_unique<Key>();
    mbedtls_pk_context* const raw = key->handle.get();
    must(mbedtls_pk_setup(raw, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)));
    must(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*raw), random, nullptr));
    return Credentials{std::move(key)};
}

Result<Credentials> Credentials::parse(const Secret& pem) {
    KeyText copy{pem.reveal()};
    auto key = std::make_unique<Key>();
    const std::string& text = copy.text();
    const int code =
        mbedtls_pk_parse_key(key->handle.get(), c_bytes(text), text.size() + 1, nullptr, 0);
    if (code != 0) return failure(Errc::malformed, "reading a private key", code);
    TILL_TRY_VOID(require_p256(*key->handle.get()));

    Credentials credentials{std::move(key)};
    const std::size_t chain = text.find("-----BEGIN CERTIFICATE-----");
    if (chain != std::string::npos)
        TILL_TRY_VOID(credentials.install(std::string_view{text}.substr(chain)));
    return credentials;
}

Result<Credentials> Credentials::load(const std::filesystem::path& file) {
    TILL_TRY(const Secret pem, read_private_file(file));
    auto credentials = parse(pem);
    if (!credentials) {
        Error error = std::move(credentials).error();
        error.detail = file.string() + ": " + error.detail;
        return error;
    }
    return credentials;
}

Result<void> Credentials::save(const std::filesystem::path& file) const {
    return write_private_file(file, pem());
}

Result<void> Credentials::install(std::string_view chain_pem) {
    TILL_TRY(const auto chain, parse_certificates(chain_pem));
    if (sha256(bytes_of((*chain)->pk_raw)) != public_key_fingerprint())
        return Error{Errc::not_trusted, "the certificate is for another key"};
    std::string normal;  // Only certificates: the text may carry comments, or worse, a key.
    for (const auto* one = chain->get(); one != nullptr; one = one->next) normal += pem_of(*one);
    chain_pem_ = std::move(normal);
    return {};
}

Result<std::string> Credentials::request(std::string_view common_name) const {
    TILL_TRY(const std::string subject, subject_of(common_name));
    Handle<mbedtls_x509write_csr, mbedtls_x509write_csr_init, mbedtls_x509write_csr_free> csr;
    mbedtls_x509write_csr_set_md_alg(csr.get(), MBEDTLS_MD_SHA256);
    mbedtls_x509write_csr_set_key(csr.get(), key_->handle.get());
    must(mbedtls_x509write_csr_set_subject_name(csr.get(), subject.c_str()));

    std::array<unsigned char, 2048> pem{};
    must(mbedtls_x509write_csr_pem(csr.get(), pem.data(), pem.size(), random, nullptr));
    return std::string{reinterpret_cast<const char*>(pem.data())};
}

Bytes Credentials::sign(BytesView message) const {
    const Digest hash = sha256(message);
    Bytes signature(MBEDTLS_ECDSA_MAX_LEN, '\0');
    std::size_t size = 0;
    must(mbedtls_pk_sign(key_->handle.get(), MBEDTLS_MD_SHA256, hash.data(), hash.size(),
                         reinterpret_cast<unsigned char*>(signature.data()), &size, random,
                         nullptr));
    signature.resize(size);
    return signature;
}

Digest Credentials::public_key_fingerprint() const {
    return detail::public_key_fingerprint(*key_->handle.get());
}

Result<CertificateFacts> Credentials::facts() const {
    if (!has_certificate()) return Error{Errc::not_found, "no certificate has been issued yet"};
    return certificate_facts(chain_pem_);
}

Secret Credentials::pem() const {
    std::array<unsigned char, 1024> key{};
    must(mbedtls_pk_write_key_pem(key_->handle.get(), key.data(), key.size()));
    KeyText whole{reinterpret_cast<const char*>(key.data()), chain_pem_.size()};
    ::explicit_bzero(key.data(), key.size());
    whole.text() += chain_pem_;
    return Secret{whole.text()};
}

}  // namespace till::sync
