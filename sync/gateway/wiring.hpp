#pragma once

#include "agent/core/result.hpp"
#include "sync/gateway/home.hpp"
#include "sync/gateway/settings.hpp"

namespace till::sync {

/// What gateway.toml in `home` says; not_found when there is none, malformed with every fault.
Result<GatewaySettings> read_settings(const HomePaths& home);

/// Runs the gateway in `home` until SIGTERM or SIGINT. Fails when it cannot start: a bad settings
/// file (every fault named), missing or readable keys, a port in use, a damaged database.
Result<void> serve(const HomePaths& home);

}  // namespace till::sync
