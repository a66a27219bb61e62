#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"
#include "agent/core/secret.hpp"
#include "sync/tls/certificate.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace till::sync {

/// A P-256 private key and, once it has been issued, the certificate chain for it.
///
/// Both live in one PEM file, so that a crash never leaves a key beside another key's certificate.
/// Thread: an object belongs to one thread (mbedTLS caches inside a key while signing).
class Credentials {
public:
    /// A fresh key from the kernel's randomness, no certificate yet. About 1 ms.
    static Credentials make();

    /// Reads what pem() wrote: a private key, then any number of certificates, own one first.
    /// Fails with malformed, unsupported (not P-256), or not_trusted (certificate of another key).
    static Result<Credentials> parse(const Secret& pem);

    /// parse() of a file. Fails with not_found, io, or forbidden when others may read the file.
    static Result<Credentials> load(const std::filesystem::path& file);

    Credentials(Credentials&&) noexcept;
    Credentials& operator=(Credentials&&) noexcept;
    ~Credentials();

    /// Replaces `file` atomically with mode 0600: after a power cut it holds the old or the new
    /// credentials, whole. Durable when it returns (file and folder are fsynced).
    Result<void> save(const std::filesystem::path& file) const;

    /// Takes the chain that an authority issued, own certificate first, replacing any before.
    /// Fails with not_trusted, changing nothing, when the first is not for this key.
    Result<void> install(std::string_view chain_pem);

    /// A PKCS #10 request (RFC 2986), PEM, signed with this key: proof of possession. The common
    /// name is at most 64 characters, none of them one of `,=+<>;#"\`; fails with malformed.
    Result<std::string> request(std::string_view common_name) const;

    /// ECDSA P-256 over SHA-256(message), deterministic (RFC 6979), DER: at most 72 bytes.
    Bytes sign(BytesView message) const;

    /// SHA-256 of the SubjectPublicKeyInfo, equal to that of each certificate for this key.
    Digest public_key_fingerprint() const;

    bool has_certificate() const noexcept { return !chain_pem_.empty(); }
    const std::string& chain_pem() const noexcept { return chain_pem_; }  ///< Empty before install.
    Result<CertificateFacts> facts() const;  ///< Of the own certificate; not_found without one.

    /// Everything, for a file or a context.
    Secret pem() const;

private:
    struct Key;
    explicit Credentials(std::unique_ptr<Key> key);

    std::unique_ptr<Key> key_;
    std::string chain_pem_;
};

}  // namespace till::sync
