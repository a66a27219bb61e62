#pragma once

#include <boost/asio/awaitable.hpp>

#include <string_view>

namespace till {

namespace asio = boost::asio;

/// Tells the service manager (systemd's sd_notify(3) protocol: a datagram to $NOTIFY_SOCKET), e.g.
/// "READY=1". Nothing happens when there is none.
void notify_service(std::string_view state);

/// "READY=1", then the watchdog's sign of life as often as $WATCHDOG_USEC asks, from the loop itself: a
/// loop that hangs is one that stops saying so. "STOPPING=1" when cancelled.
asio::awaitable<void> keep_service_told();

}  // namespace till
