#pragma once

#include "agent/core/ids.hpp"
#include "agent/core/result.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <string>

namespace till {

namespace asio = boost::asio;

/// The devices of a counter, for the commands that make them do something.
struct CounterDevices {
    /// A cash drawer that would open now.
    struct Drawer {
        std::string port;     ///< Of the printer that it hangs on.
        bool sensed = false;  ///< Its printer tells open from shut.
    };

    /// The one at `port`; empty: the first. Fails, in words for a clerk, with not_found or busy.
    std::function<Result<Drawer>(const std::string& port)> drawer = {};
    /// Sends its pulse. `ordered` is where the journal has the order.
    std::function<asio::awaitable<Result<void>>(std::string port, Seq ordered)> open_drawer = {};
    /// Nothing where no drawer can tell.
    std::function<std::optional<bool>()> drawer_open = {};
};

}  // namespace till
