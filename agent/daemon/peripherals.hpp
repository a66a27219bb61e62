#pragma once

#include "agent/api/feed.hpp"
#include "agent/daemon/peripheral_settings.hpp"
#include "agent/runtime/metrics.hpp"
#include "drivers/registry/device_manager.hpp"

#include <memory>

namespace till {

/// This machine's scanners, scales and card readers: what they do is told on the feed, as topics "scan",
/// "weight" and "device". A swipe is told of as a scan of its first track; a payment card's not at all.
///
/// `feed` must outlive it. Thread: the loop's.
class Peripherals {
public:
    /// Fails as libusb does.
    static Result<std::unique_ptr<Peripherals>> open(asio::any_io_executor executor, Feed& feed,
                                                     const PeripheralSettings& settings);

    asio::awaitable<void> run();  ///< Until it is cancelled.
    /// Good reads and time on of each, by kind and port.
    void write_metrics(MetricsText& into) const;

private:
    Peripherals(asio::any_io_executor executor, std::unique_ptr<drivers::UsbBus> bus, Feed& feed,
                const PeripheralSettings& settings);
    std::vector<drivers::Standing> standings() const;
    void tell(const drivers::DeviceEvent& event);

    Feed& feed_;
    std::unique_ptr<drivers::UsbBus> bus_;  // Nothing, and no manager, where USB is not wanted.
    std::unique_ptr<drivers::DeviceManager> usb_;
    drivers::SerialDevices serial_;
    TaskGroup tasks_;
};

}  // namespace till
