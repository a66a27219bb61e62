#pragma once

#include "agent/api/command_table.hpp"
#include "agent/api/feed.hpp"
#include "agent/daemon/cash_drawers.hpp"
#include "agent/daemon/peripheral_settings.hpp"
#include "agent/runtime/metrics.hpp"
#include "drivers/registry/device_manager.hpp"

#include <map>
#include <memory>

namespace till {

/// This machine's scanners, scales, card readers and receipt printers: what they do is told on the feed, as
/// topics "scan", "weight", "drawer" and "device". A swipe is told of as a scan of its first track; a payment
/// card's not at all. What a cash drawer does without an order is told to `record` as well.
///
/// An article that no list has is journalled. `feed` and `table` must outlive it. Thread: the loop's.
class Peripherals {
public:
    /// Fails as libusb does.
    using Record = std::function<void(v1::RecordDrawer)>;
    static Result<std::unique_ptr<Peripherals>> open(asio::any_io_executor executor, Feed& feed,
                                                     CommandTable& table,
                                                     const PeripheralSettings& settings,
                                                     Record record);

    /// Makes a device obey. Fails with not_found, unsupported, or as the device answers.
    asio::awaitable<Result<v1::Answer>> order(v1::TellDevice command);
    asio::awaitable<void> run();  ///< Until it is cancelled.
    /// Shows it, and again when the display comes back.
    asio::awaitable<Result<v1::Answer>> show(v1::ShowOnDisplay what);
    /// For the command table; this must outlive it.
    CounterDevices counter();
    /// Good reads and time on of each, by kind and port.
    void write_metrics(MetricsText& into) const;

private:
    Peripherals(asio::any_io_executor executor, std::unique_ptr<drivers::UsbBus> bus, Feed& feed,
                CommandTable& table, const PeripheralSettings& settings, Record record);
    asio::awaitable<Result<void>> open_drawer(std::string port, Seq order);
    asio::awaitable<void> wait_for_opening(std::string port, Seq order);
    Result<std::string> display_at(const std::string& port) const;
    asio::awaitable<Result<void>> show_again(std::string port);
    asio::awaitable<void> restore_display(std::string port);
    void follow_display(const drivers::DeviceEvent& event);
    void note(CashDrawers::Fact fact);
    void follow_printer(const drivers::DeviceEvent& event);
    std::vector<drivers::Standing> standings() const;
    void tell_scan(const drivers::DeviceEvent& event, v1::Scan scan, v1::FeedMessage& into);
    void tell(const drivers::DeviceEvent& event);

    Feed& feed_;
    CommandTable& table_;
    Record record_;
    CashDrawers drawers_;
    std::map<std::string, v1::ShowOnDisplay> shown_;  // By the display's port.
    std::unique_ptr<drivers::UsbBus> bus_;  // Nothing, and no manager, where USB is not wanted.
    std::unique_ptr<drivers::DeviceManager> usb_;
    drivers::SerialDevices serial_;
    TaskGroup tasks_;
};

}  // namespace till
