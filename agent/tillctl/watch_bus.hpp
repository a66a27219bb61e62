#pragma once

#include "drivers/registry/device_manager.hpp"

#include <boost/asio/io_context.hpp>

namespace till {

/// Prints what the devices of a bus do, a line each, until the bus ends or the program is interrupted.
void watch_bus(asio::io_context& loop, drivers::UsbBus& bus, drivers::Quirks quirks, bool in_json);

}  // namespace till
