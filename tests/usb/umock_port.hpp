#pragma once

#include "tests/usb/port.hpp"

using UMockdevTestbed = struct _UMockdevTestbed;

namespace till::usbsim {

/// A socket on an emulated bus 1: what is plugged in is there for the real libusb and libudev of every child
/// of this process. It answers what the kernel's usbfs would: ENOENT for an endpoint that there is not, EBUSY
/// for an interface that somebody has, ENODEV once the device is pulled.
class UmockPort final : public Port {
public:
    /// `name` as in sysfs: "1-1", or "1-1.2" behind a hub.
    UmockPort(UMockdevTestbed* testbed, std::string name);
    ~UmockPort() override;

    void plug(Device& device, bool kernel_driver = false) override;
    void unplug() override;
    void take(bool taken) override;
    bool has_driver() const override;
    bool was_touched() const override;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace till::usbsim
