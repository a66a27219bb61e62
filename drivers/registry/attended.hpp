#pragma once

#include "drivers/registry/device_event.hpp"
#include "drivers/registry/device_order.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace till::drivers {

/// How a device stands. Counted since it was plugged in.
struct Standing {
    DeviceName device;
    DeviceState state = DeviceState::closed;
    std::uint64_t good_reads = 0;
    std::chrono::steady_clock::time_point since{};  ///< It was enabled last.
    std::string trouble;
};

using OnDeviceEvent = std::function<void(const DeviceEvent&)>;

/// One device that is read: how it stands, and what it says. `told` must outlive it.
struct Attended {
    explicit Attended(const OnDeviceEvent& told) : on_event{told} {}

    const OnDeviceEvent& on_event;
    Standing standing;
    Obey obey;  ///< While it is enabled.

    /// It is read from now on.
    void enable(Obey how);
    /// It does not work, or not as it should; the same is said once.
    void fail(const Error& error, bool fenced);

    template <class What>
    void say(What what) const {
        on_event({standing.device, std::move(what)});
    }
    template <class What>
    void heard(What what) {
        ++standing.good_reads;
        say(std::move(what));
    }
};

/// Tells the first of that kind that is enabled at `port` (empty: anywhere), and gives its name. Fails with
/// not_found where there is none, unsupported where it cannot do it, else as the device answers.
asio::awaitable<Result<DeviceName>> order_one(std::vector<const Attended*> all, DeviceKind kind,
                                              std::string port, DeviceOrder order);

}  // namespace till::drivers
