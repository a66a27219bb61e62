#pragma once

#include "agent/core/decimal.hpp"
#include "agent/core/result.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace till::drivers {

namespace asio = boost::asio;

/// A scanner makes itself heard, so that it is found.
struct PageScanner {};
/// What lies on the scale now is its zero.
struct ZeroScale {};

/// These grams, or what lies on it now, are no goods.
struct TareScale {
    std::optional<Decimal> grams;
};

/// A printer opens the cash drawer that hangs on it.
struct OpenDrawer {};

/// A display shows these lines in place of what it showed.
struct ShowLines {
    std::vector<std::string> lines;
    std::optional<unsigned> brightness = {};  ///< Per cent; nothing: as it is.
};

/// Something that a device is told to do.
using DeviceOrder = std::variant<PageScanner, ZeroScale, TareScale, OpenDrawer, ShowLines>;

/// One device's way to obey. Fails with unsupported for what it cannot do, else as its pipe does. It keeps
/// alive what it needs.
using Obey = std::function<asio::awaitable<Result<void>>(DeviceOrder)>;

}  // namespace till::drivers
