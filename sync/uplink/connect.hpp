#pragma once

#include "agent/core/result.hpp"
#include "sync/tls/tls_stream.hpp"
#include "sync/uplink/gateway_address.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>

namespace till::sync {

/// Resolves, connects (TCP_NODELAY) and shakes hands; each step may take `limit`, each address
/// of a name at most a part of it. Errors say which step failed and why, in plain words; busy
/// is a port on which nothing listens now.
asio::awaitable<Result<TlsStream>> connect(GatewayAddress to, ClientContext context,
                                           std::chrono::milliseconds limit);

}  // namespace till::sync
