#pragma once

#include "drivers/registry/device_event.hpp"

#include <string>

namespace till {

/// One event of a device as a JSON object, without a line's end:
/// {"event":"attached|detached|error","kind","vid","pid","serial","bus","port"},
/// {"event":"scan","aim","data","gtin"?,"ai"?}, {"event":"weight","grams"?,"status","stable"},
/// {"event":"swipe","tracks"}, {"event":"card_dropped"}, {"event":"drawer","open","printer_offline"}; each
/// with the port it came from. A GTIN has 14 digits; data that are no UTF-8 come with each byte as the
/// character of that number.
std::string device_json(const drivers::DeviceEvent& event);

/// The same for a person.
std::string device_line(const drivers::DeviceEvent& event);

}  // namespace till
