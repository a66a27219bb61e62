#pragma once

#include "drivers/registry/device_order.hpp"
#include "drivers/usb/hid_interface.hpp"

#include <memory>

// Private to the module.
namespace till::drivers::detail {

/// Obeys by the output or feature report that has an element for it (HID Point of Sale 1.02).
Obey obey_by_reports(std::shared_ptr<UsbPipe> pipe, HidInterface hid);

}  // namespace till::drivers::detail
