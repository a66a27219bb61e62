#pragma once

#include "agent/core/result.hpp"
#include "sync/uplink/gateway_address.hpp"

#include <boost/json/value.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace till {

/// What a door answered.
struct Reply {
    unsigned status = 0;
    boost::json::value body;  ///< Null when there was none or it was not JSON.
    bool ok() const { return status >= 200 && status < 300; }
};

/// A connection that tillctl asks and waits on. Kept open between calls; a call whose connection
/// had gone stale is tried once more on a new one when nothing of it was answered.
///
/// Thread: one at a time. Every call has a deadline. Errors: closed or timed_out when the other end
/// cannot be reached, not_trusted when it is not who it should be.
class Client {
public:
    virtual ~Client() = default;

    /// `body` is JSON, or empty for none. `key` becomes the Idempotency-Key, when there is one.
    virtual Result<Reply> call(std::string_view method, std::string_view target,
                               const std::string& body = {}, const std::string& key = {}) = 0;
};

/// An agent on this machine, found by its home folder: port and token of that role lie there.
Result<std::unique_ptr<Client>> open_agent(const std::filesystem::path& home,
                                           std::string_view role);

/// Where a gateway is and what to show it, as the administrator's folder says.
struct GatewayDoor {
    sync::GatewayAddress address;
    sync::ClientContext context;
};
Result<GatewayDoor> gateway_door(const std::filesystem::path& folder);

/// A gateway, found by the administrator's folder that till-gateway init made.
Result<std::unique_ptr<Client>> open_gateway(const std::filesystem::path& folder);

}  // namespace till
