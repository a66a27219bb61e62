#pragma once

#include "agent/core/result.hpp"
#include "sync/tls/context.hpp"
#include "sync/uplink/gateway_address.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

namespace till::sync {

namespace asio = boost::asio;

/// One POST of a protobuf message over a connection of its own; each step may take `limit`.
/// Answers the body of a 200. Anything else is an Error that carries the centre's own words:
/// forbidden (401, 403), not_found (404), conflict (409, 410), malformed (other 4xx), busy (429,
/// 503) or closed.
asio::awaitable<Result<Bytes>> https_post(GatewayAddress to, ClientContext context,
                                          std::string path, Bytes body,
                                          std::chrono::milliseconds limit);

}  // namespace till::sync
