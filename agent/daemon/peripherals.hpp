#pragma once

#include "agent/api/command_table.hpp"
#include "agent/api/feed.hpp"
#include "agent/daemon/peripheral_settings.hpp"
#include "agent/runtime/metrics.hpp"
#include "drivers/registry/device_manager.hpp"

#include <memory>

namespace till {

/// This machine's scanners, scales and card readers: what they do is told on the feed, as topics "scan",
/// "weight" and "device". A swipe is told of as a scan of its first track; a payment card's not at all.
///
/// An article that no list has is journalled. `feed` and `table` must outlive it. Thread: the loop's.
class Peripherals {
public:
    /// Fails as libusb does.
    static Result<std::unique_ptr<Peripherals>> open(asio::any_io_executor executor, Feed& feed,
                                                     CommandTable& table,
                                                     const PeripheralSettings& settings);

    /// Makes a device obey. Fails with not_found, unsupported, or as the device answers.
    asio::awaitable<Result<v1::Answer>> order(v1::TellDevice command);
    asio::awaitable<void> run();  ///< Until it is cancelled.
    /// Good reads and time on of each, by kind and port.
    void write_metrics(MetricsText& into) const;

private:
    Peripherals(asio::any_io_executor executor, std::unique_ptr<drivers::UsbBus> bus, Feed& feed,
                CommandTable& table, const PeripheralSettings& settings);
    std::vector<drivers::Standing> standings() const;
    void tell_scan(const drivers::DeviceEvent& event, v1::Scan scan, v1::FeedMessage& into);
    void tell(const drivers::DeviceEvent& event);

    Feed& feed_;
    CommandTable& table_;
    std::unique_ptr<drivers::UsbBus> bus_;  // Nothing, and no manager, where USB is not wanted.
    std::unique_ptr<drivers::DeviceManager> usb_;
    drivers::SerialDevices serial_;
    TaskGroup tasks_;
};

}  // namespace till
