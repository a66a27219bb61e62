#include "drivers/registry/attended.hpp"

namespace till::drivers {

void Attended::enable(Obey how) {
    obey = std::move(how);
    standing.state = DeviceState::enabled;
    standing.since = std::chrono::steady_clock::now();
    standing.trouble.clear();
    say(DeviceEvent::Attached{});
}

void Attended::fail(const Error& error, bool fenced) {
    standing.state = DeviceState::error;
    if (fenced || standing.trouble != error.detail) say(DeviceEvent::Failed{error, fenced});
    standing.trouble = error.detail;
}

asio::awaitable<Result<DeviceName>> order_one(std::vector<const Attended*> all, DeviceKind kind,
                                              std::string port, DeviceOrder order) {
    for (const Attended* const one : all) {
        const DeviceName& device = one->standing.device;
        if (device.kind != kind || one->standing.state != DeviceState::enabled) continue;
        if (!port.empty() && device.port != port) continue;
        if (!one->obey) co_return Error{Errc::unsupported, "this device takes no orders"};
        // It keeps alive what it needs, should the device leave meanwhile.
        const Obey obey = one->obey;
        const DeviceName told = device;
        const auto obeyed = co_await obey(std::move(order));
        if (!obeyed) co_return obeyed.error();
        co_return told;
    }
    co_return Error{Errc::not_found, "no " + std::string{name(kind)} + " is enabled there"};
}

}  // namespace till::drivers
