#pragma once

#include "agent/runtime/queue.hpp"
#include "drivers/usb/usb_pipe.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace till::drivers {

/// The USB devices there are. Thread: the loop's.
class UsbBus {
public:
    using DeviceId = std::uint64_t;  ///< Never used twice.
    struct Change {
        DeviceId device = 0;
        bool arrived = false;  ///< Else it left.
        UsbIdentity identity;
    };

    /// This machine's, by libusb 1.0 (hot-plug by udev). Its descriptors are waited for on the loop, and
    /// what it calls back it calls there. Everything but open() of a device is answered from what the kernel
    /// keeps, without I/O.
    static Result<std::unique_ptr<UsbBus>> open(asio::any_io_executor executor);
    /// Every pipe must be gone; what they had under way is waited for, a second at most.
    virtual ~UsbBus() = default;

    /// First what is plugged in, then what changes, in order. A device whose descriptors make no sense
    /// arrives without interfaces. Nothing when the bus is closed.
    virtual asio::awaitable<std::optional<Change>> next() = 0;

    /// Claims an interface, and that of its settings, after detaching the kernel's driver from them. Fails
    /// with closed when the device has left, busy when another program has it, forbidden without permission.
    virtual Result<std::unique_ptr<UsbPipe>> claim(DeviceId device, std::uint8_t interface) = 0;
};

}  // namespace till::drivers
