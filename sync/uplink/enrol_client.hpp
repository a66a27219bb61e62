#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/ids.hpp"
#include "agent/core/limits.hpp"
#include "agent/core/result.hpp"
#include "agent/crypto/sealing.hpp"
#include "sync/tls/context.hpp"
#include "sync/tls/credentials.hpp"
#include "sync/uplink/gateway_address.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace till::sync {

namespace asio = boost::asio;

/// All that enrolment makes known to a device, beside its key and certificate.
struct Enrolment {
    GatewayAddress gateway;
    DeviceId device{Uuid{}};
    std::string store;
    std::string workstation;               ///< Lane.
    Generation first_generation{1};        ///< Receipt generations allotted: each new journal …
    Generation last_generation{1};         ///< … consumes one of these.
    std::string server_ca_pem;             ///< Whom to believe from now on.
    std::vector<SealingKey> sealing_keys;  ///< The newest last; at least one.
};

struct Enrolled {
    Credentials credentials;  ///< With its certificate.
    Enrolment enrolment;
    WallTime centre_time{0};  ///< Verified: the first time floor.
};

/// Uses up a one-time code. The private key is made here and leaves only as a signing request; the
/// server must send the authority whose fingerprint the code carries. Writes nothing: when the
/// caller dies before it has saved the answer, the code is spent and a new one is needed.
/// Fails with malformed or unsupported (the code), conflict (already used), not_found (unknown),
/// not_trusted (the server, or an answer that contradicts itself), closed or timed_out (no
/// connection; the code is still good unless the answer alone was lost).
asio::awaitable<Result<Enrolled>> enrol(
    std::string code, std::string agent_version, TimeSource now,
    std::chrono::milliseconds limit = limits::handshake_time_max);

struct Renewal {
    std::string certificate_pem;  ///< For the same key.
    std::string server_ca_pem;
    std::vector<SealingKey> sealing_keys;
    WallTime centre_time{0};
};

/// A new certificate for the same key, by showing the old one, which may have run out. `own` is only
/// read; install() the answer. Fails as enrol(), and with forbidden when the device was revoked.
asio::awaitable<Result<Renewal>> renew(
    const Credentials& own, const Enrolment& enrolment, TimeSource now,
    std::chrono::milliseconds limit = limits::handshake_time_max);

/// When to renew: two thirds into the certificate's life.
WallTime renewal_due(const CertificateFacts& certificate);

}  // namespace till::sync
