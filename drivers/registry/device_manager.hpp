#pragma once

#include "agent/runtime/task_group.hpp"
#include "drivers/registry/device_event.hpp"
#include "drivers/registry/device_order.hpp"
#include "drivers/registry/quirks.hpp"
#include "drivers/usb/hid_interface.hpp"
#include "drivers/usb/usb_bus.hpp"

#include <functional>
#include <list>
#include <memory>
#include <vector>

namespace till::drivers {

/// Finds the scanners, scales and card readers among all USB devices, and reads each for as long as it is
/// plugged in. What it is not sure of it leaves to the kernel.
///
/// A device that fails is tried again, a quarter of a second later at first and never later than two; one that
/// has failed ten times without a reading in between is fenced off until it is plugged in anew. None holds up
/// another. References must outlive run(). Thread: the loop's.
class DeviceManager {
public:
    using OnEvent = std::function<void(const DeviceEvent&)>;
    DeviceManager(asio::any_io_executor executor, UsbBus& bus, Quirks quirks, OnEvent on_event)
        : executor_{executor},
          bus_{bus},
          quirks_{std::move(quirks)},
          on_event_{std::move(on_event)} {}

    asio::awaitable<void> run();  ///< Until it is cancelled.

    /// How a device stands. Counted since it was plugged in.
    struct Standing {
        DeviceName device;
        DeviceState state = DeviceState::closed;
        std::uint64_t good_reads = 0;
        std::chrono::steady_clock::time_point since{};  ///< It was enabled last.
        std::string trouble;
    };
    std::vector<Standing> standings() const;

    /// Tells a device to do something. Fails with not_found where none of that kind is enabled at `port`
    /// (empty: at any; the one that came first is told), unsupported where it cannot do it, else as the
    /// device answers.
    asio::awaitable<Result<void>> order(DeviceKind kind, std::string port, DeviceOrder order);

private:
    struct Attended {
        UsbInterface interface;
        Standing standing;
        Obey obey;  // While it is enabled.
    };
    struct Plugged {
        Plugged(asio::any_io_executor executor, UsbBus::Change change)
            : arrival{std::move(change)}, tasks{executor} {}
        UsbBus::Change arrival;
        Quirk quirk;
        std::list<Attended> attended;
        TaskGroup tasks;
    };

    asio::awaitable<void> follow();
    void arrived(UsbBus::Change change);
    void left(UsbBus::DeviceId device);
    asio::awaitable<void> bury(std::unique_ptr<Plugged> gone);
    asio::awaitable<void> attend(Plugged& plugged, Attended& one);
    asio::awaitable<Result<void>> serve(Plugged& plugged, Attended& one);
    asio::awaitable<Result<void>> serve_hid(std::shared_ptr<UsbPipe> pipe, Attended& one,
                                            const Quirk& quirk);
    asio::awaitable<void> enable(UsbPipe& pipe, Attended& one, DeviceKind kind, Obey obey);
    template <class What>
    void say(const Attended& one, What what);
    template <class What>
    void heard(Attended& one, What what);

    asio::any_io_executor executor_;
    UsbBus& bus_;
    Quirks quirks_;
    OnEvent on_event_;
    std::list<std::unique_ptr<Plugged>> plugged_;
    TaskGroup graves_{executor_};
};

}  // namespace till::drivers
