#pragma once

#include "drivers/display/line_display.hpp"
#include "drivers/registry/attended.hpp"

// Private to the module: a line display among the devices.
namespace till::drivers::detail {

Obey obey_by_showing(std::shared_ptr<LineDisplay> display);

}  // namespace till::drivers::detail
