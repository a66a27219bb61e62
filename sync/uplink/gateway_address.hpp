#pragma once

#include "sync/tls/context.hpp"

#include <cstdint>
#include <string>

namespace till::sync {

/// Where the centre is and who it must prove to be: what an enrolment code says.
struct GatewayAddress {
    std::string host;  ///< Dialled: a name or an IP address.
    std::uint16_t port = 0;
    ServerName name;  ///< What the certificate must carry, whatever is dialled.
};

}  // namespace till::sync
