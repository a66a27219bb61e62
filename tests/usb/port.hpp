#pragma once

#include "tests/usb/simulated_device.hpp"

#include <memory>
#include <string>

namespace till::usbsim {

/// A socket that simulated devices are plugged into, for the real libusb and libudev of other processes.
class Port {
public:
    virtual ~Port() = default;

    /// `kernel_driver`: one is bound to each interface, as it is on a desktop.
    virtual void plug(Device& device, bool kernel_driver = false) = 0;
    virtual void unplug() = 0;

    virtual void take(bool taken) = 0;     ///< Another program has every interface of it.
    virtual bool has_driver() const = 0;   ///< The kernel's driver is bound to all of them.
    virtual bool was_touched() const = 0;  ///< Somebody took an interface since it was plugged in.
};

}  // namespace till::usbsim
