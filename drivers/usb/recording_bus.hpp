#pragma once

#include "drivers/usb/usb_step.hpp"

#include <functional>

namespace till::drivers {

/// A bus whose devices' sessions are written down, line by line as they happen, for ReplayBus.
///
/// Of a card reader nothing is written but that it was there: an interface whose report descriptor has
/// MagTek's tracks or anything of usage page 8E is left out, and until that descriptor has been read and understood
/// nothing that a HID sends is written. Scans are written as they are.
class RecordingBus final : public UsbBus {
public:
    using OnLine = std::function<void(std::string_view)>;  ///< With its end.

    /// `port`: the one device that is seen at all ("1-2"); empty for every one. The first line is given at once.
    RecordingBus(std::unique_ptr<UsbBus> bus, OnLine on_line, std::string port = {});

    asio::awaitable<std::optional<Change>> next() override;
    Result<std::unique_ptr<UsbPipe>> claim(DeviceId device, std::uint8_t interface) override;

private:
    class Log;

    std::unique_ptr<UsbBus> bus_;
    std::shared_ptr<Log> log_;  // The pipes' as well.
    std::string port_;
    std::uint64_t pipes_ = 0;

    friend class RecordingPipe;
};

}  // namespace till::drivers
