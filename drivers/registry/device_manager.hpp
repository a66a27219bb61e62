#pragma once

#include "agent/runtime/task_group.hpp"
#include "drivers/decode/scanner_settings.hpp"
#include "drivers/registry/attended.hpp"
#include "drivers/registry/quirks.hpp"
#include "drivers/serial/byte_stream.hpp"
#include "drivers/usb/hid_interface.hpp"
#include "drivers/usb/usb_bus.hpp"

#include <functional>
#include <list>
#include <memory>
#include <vector>

namespace till::drivers {

/// Finds the scanners, scales, card readers, receipt printers and line displays among all USB devices, and
/// attends each for as long as it is plugged in. What it is not sure of it leaves to the kernel.
///
/// A device that fails is tried again, a quarter of a second later at first and never later than two; one that
/// has failed ten times without a reading in between is fenced off until it is plugged in anew. None holds up
/// another. References must outlive run(). Thread: the loop's.
class DeviceManager {
public:
    /// `settings` are told to every scanner that has a language, whenever it is plugged in.
    DeviceManager(asio::any_io_executor executor, UsbBus& bus, Quirks quirks,
                  ScannerSettings settings, OnDeviceEvent on_event)
        : executor_{executor},
          bus_{bus},
          quirks_{std::move(quirks)},
          settings_{std::move(settings)},
          on_event_{std::move(on_event)} {}

    asio::awaitable<void> run();  ///< Until it is cancelled.

    std::vector<Standing> standings() const;

    /// As order_one() does.
    asio::awaitable<Result<DeviceName>> order(DeviceKind kind, std::string port, DeviceOrder order);

private:
    struct Plugged {
        Plugged(asio::any_io_executor executor, UsbBus::Change change)
            : arrival{std::move(change)}, tasks{executor} {}
        UsbBus::Change arrival;
        Quirk quirk;
        std::list<Attended> attended;  // One for each interface that may be ours.
        TaskGroup tasks;
    };

    asio::awaitable<void> follow();
    void arrived(UsbBus::Change change);
    void left(UsbBus::DeviceId device);
    asio::awaitable<void> bury(std::unique_ptr<Plugged> gone);
    asio::awaitable<void> attend(Plugged& plugged, UsbInterface interface, Attended& one);
    asio::awaitable<Result<void>> serve(Plugged& plugged, const UsbInterface& interface,
                                        Attended& one);
    asio::awaitable<Result<void>> serve_hid(std::shared_ptr<UsbPipe> pipe, Attended& one,
                                            const Quirk& quirk);
    asio::awaitable<Result<void>> serve_cdc(std::shared_ptr<UsbPipe> pipe, Attended& one,
                                            const Quirk& quirk);
    asio::awaitable<Result<void>> serve_printer(std::shared_ptr<UsbPipe> pipe, Attended& one,
                                                const Quirk& quirk);
    asio::awaitable<Result<void>> serve_display(std::unique_ptr<ByteStream> line, UsbPipe& pipe,
                                                Attended& one, DisplayModel model);
    asio::awaitable<void> enable(UsbPipe& pipe, Attended& one, DeviceKind kind, Obey obey);
    std::vector<const Attended*> known() const;

    asio::any_io_executor executor_;
    UsbBus& bus_;
    Quirks quirks_;
    ScannerSettings settings_;
    OnDeviceEvent on_event_;
    std::list<std::unique_ptr<Plugged>> plugged_;
    TaskGroup graves_{executor_};
};

}  // namespace till::drivers
