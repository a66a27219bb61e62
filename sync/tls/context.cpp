#include "sync/tls/context.hpp"

#include "agent/crypto/hash.hpp"
#include "sync/tls/context_core.hpp"
#include "sync/tls/peer_check.hpp"

#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/ssl_ciphersuites.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace till::sync {

using namespace detail;

namespace {

// In order of preference; the server's order counts.
constexpr std::array suites = {
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    0,
};
constexpr std::array curves = {MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_CURVE25519,
                               MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_ECP_DP_NONE};
constexpr std::array<int, 4> hashes = {MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512,
                                       MBEDTLS_MD_NONE};
constexpr mbedtls_x509_crt_profile profile = {
    MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384)
        | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
    MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSA) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSASSA_PSS)
        | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECKEY) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECDSA),
    MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) | MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1),
    2048,
};

std::shared_ptr<ContextCore> make_core(bool is_server, TimeSource now) {
    auto core = std::make_shared<ContextCore>();
    core->is_server = is_server;
    core->now = std::move(now);
    mbedtls_ssl_config* const config = core->config.get();
    must(mbedtls_ssl_config_defaults(config,
                                     is_server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
                                     MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT));
    mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_max_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_ciphersuites(config, suites.data());
    mbedtls_ssl_conf_curves(config, curves.data());
    mbedtls_ssl_conf_sig_hashes(config, hashes.data());
    mbedtls_ssl_conf_cert_profile(config, &profile);
    mbedtls_ssl_conf_renegotiation(config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
    mbedtls_ssl_conf_legacy_renegotiation(config, MBEDTLS_SSL_LEGACY_NO_RENEGOTIATION);
    // A server has no ticket callbacks and no cache: it resumes nothing, so that a revoked
    // certificate is looked at on every connection.
    if (!is_server) mbedtls_ssl_conf_session_tickets(config, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
    mbedtls_ssl_conf_rng(config, random, nullptr);
    mbedtls_ssl_conf_authmode(
        config, is_server ? MBEDTLS_SSL_VERIFY_OPTIONAL : MBEDTLS_SSL_VERIFY_REQUIRED);
    return core;
}

Result<void> add_roots(ContextCore& core, std::string_view pem, PeerRole role) {
    TILL_TRY(const auto bundle, parse_certificates(pem));
    for (const auto* one = bundle->get(); one != nullptr; one = one->next) {
        const Digest fingerprint = sha256(bytes_of(one->raw));
        const auto is_same = [&](const ContextCore::Root& root) {
            return root.fingerprint == fingerprint && root.role != role;
        };
        if (std::ranges::any_of(core.root_roles, is_same))
            return Error{Errc::malformed, "one authority cannot stand for two roles"};
        must(mbedtls_x509_crt_parse_der(core.roots.get(), one->raw.p, one->raw.len));
        core.root_roles.push_back({fingerprint, role});
    }
    return {};
}

Result<void> show(ContextCore& core, const Credentials& own) {
    if (!own.has_certificate()) return Error{Errc::not_found, "no certificate has been issued yet"};
    const Secret pem = own.pem();
    std::string key{pem.reveal()};
    must(mbedtls_pk_parse_key(core.own_key.get(), c_bytes(key), key.size() + 1, nullptr, 0));
    ::explicit_bzero(key.data(), key.size());
    const std::string& chain = own.chain_pem();
    must(mbedtls_x509_crt_parse(core.own_chain.get(), c_bytes(chain), chain.size() + 1));
    must(mbedtls_ssl_conf_own_cert(core.config.get(), core.own_chain.get(), core.own_key.get()));
    return {};
}

void trust_roots(ContextCore& core) {
    mbedtls_ssl_conf_ca_chain(core.config.get(), core.roots.get(), nullptr);
}

bool is_label(std::string_view label) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
               || c == '-';
    };
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-'
           && std::ranges::all_of(label, is_allowed);
}

}  // namespace

Result<ServerName> ServerName::parse(std::string_view name) {
    const Error refused{Errc::malformed, "not a DNS name: " + std::string{name.substr(0, 80)},
                        "server name", "letters, digits and '-' in parts of 1 to 63, no address"};
    if (name.empty() || name.size() > 253) return refused;
    std::string_view rest = name, last;
    do {
        last = rest.substr(0, rest.find('.'));
        if (!is_label(last)) return refused;
        rest.remove_prefix(std::min(rest.size(), last.size() + 1));
    } while (!rest.empty());
    // RFC 3696: a top-level domain is never all digits, an IPv4 address always ends so.
    const bool is_address = std::ranges::all_of(last, [](char c) { return c >= '0' && c <= '9'; });
    if (is_address || name.back() == '.') return refused;
    return ServerName{std::string{name}};
}

Result<ClientContext> ClientContext::make(std::string_view authorities_pem, TimeSource now) {
    auto core = make_core(false, std::move(now));
    TILL_TRY_VOID(add_roots(*core, authorities_pem, PeerRole::server));
    trust_roots(*core);
    return ClientContext{std::move(core)};
}

Result<ClientContext> ClientContext::make(std::string_view authorities_pem, const Credentials& own,
                                          TimeSource now) {
    auto core = make_core(false, std::move(now));
    TILL_TRY_VOID(add_roots(*core, authorities_pem, PeerRole::server));
    trust_roots(*core);
    TILL_TRY_VOID(show(*core, own));
    return ClientContext{std::move(core)};
}

Result<ClientContext> ClientContext::pinned(const Digest& authority, TimeSource now) {
    auto core = make_core(false, std::move(now));
    core->pin = authority;
    core->root_roles.push_back({authority, PeerRole::server});
    trust_roots(*core);
    return ClientContext{std::move(core)};
}

Result<ServerContext> ServerContext::make(const Credentials& own, const ClientAuthorities& clients,
                                          TimeSource now) {
    auto core = make_core(true, std::move(now));
    TILL_TRY_VOID(add_roots(*core, clients.device_pem, PeerRole::device));
    TILL_TRY_VOID(add_roots(*core, clients.admin_pem, PeerRole::admin));
    trust_roots(*core);
    TILL_TRY_VOID(show(*core, own));
    // mbedTLS would find out at each handshake, and tell the client only that it failed.
    if (!has_use(*core->own_chain.get(), true))
        return Error{Errc::malformed, "the server's certificate is not for serverAuth"};
    return ServerContext{std::move(core)};
}

}  // namespace till::sync
