#pragma once

#include "tests/usb/port.hpp"

namespace till::usbsim {

/// A socket of the kernel's virtual host controller, vhci_hcd, on a machine that has it loaded, no other
/// controller, and this process as root: its USB stack, its drivers and its usbfs are the real ones. The kernel
/// speaks USB/IP to this process, as to any machine that lends it a device.
class VhciPort final : public Port {
public:
    explicit VhciPort(std::string name);  ///< "1-1" to "1-8"; a virtual controller has no hubs.
    ~VhciPort() override;

    /// Returns once the kernel has made its interfaces, and bound its drivers if it is to.
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
