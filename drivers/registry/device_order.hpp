#pragma once

#include "agent/core/decimal.hpp"
#include "agent/core/result.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <variant>

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

/// Something that a device is told to do.
using DeviceOrder = std::variant<PageScanner, ZeroScale, TareScale>;

/// One device's way to obey. Fails with unsupported for what it cannot do, else as its pipe does. It keeps
/// alive what it needs.
using Obey = std::function<asio::awaitable<Result<void>>(DeviceOrder)>;

}  // namespace till::drivers
