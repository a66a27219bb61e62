#pragma once

#include "sync/tls/context.hpp"
#include "sync/tls/mbed.hpp"

#include <mbedtls/ssl.h>

#include <memory>
#include <optional>
#include <vector>

namespace till::sync::detail {

using ConfigHandle = Handle<mbedtls_ssl_config, mbedtls_ssl_config_init, mbedtls_ssl_config_free>;

/// What stands behind a ServerContext or ClientContext: mbedTLS's configuration, and all that it
/// points to.
struct ContextCore {
    struct Root {
        Digest fingerprint;
        PeerRole role;
    };

    ConfigHandle config;
    bool is_server = false;
    TimeSource now;
    CertificateHandle roots;       ///< Empty in a pinned context: then nothing verifies by itself.
    std::vector<Root> root_roles;  ///< Which authority makes which role.
    std::optional<Digest> pin;     ///< The one authority to believe, wherever it comes from.
    CertificateHandle own_chain;
    KeyHandle own_key;
};

}  // namespace till::sync::detail
