#pragma once

#include "tests/usb/simulated_device.hpp"

#include <atomic>
#include <memory>
#include <string>

using UMockdevTestbed = struct _UMockdevTestbed;

namespace till::usbsim {

/// A socket on an emulated bus 1: what is plugged in is there for the real libusb and libudev of every child
/// of this process. It answers what the kernel's usbfs would: ENOENT for an endpoint that there is not, EBUSY
/// for an interface that somebody has, ENODEV once the device is pulled.
class UmockPort {
public:
    /// `name` as in sysfs: "1-1", or "1-1.2" behind a hub.
    UmockPort(UMockdevTestbed* testbed, std::string name);
    ~UmockPort();

    /// `kernel_driver`: one is bound to each interface, as it is on a desktop.
    void plug(Device& device, bool kernel_driver = false);
    void unplug();

    void take(bool taken);     ///< Another program has every interface of it.
    bool has_driver() const;   ///< The kernel's driver is bound to all of them.
    bool was_touched() const;  ///< Somebody claimed an interface of it since it was plugged in.

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace till::usbsim
