#include "drivers/registry/serial_devices.hpp"

#include "agent/runtime/deadline.hpp"
#include "drivers/registry/serial_service.hpp"

namespace till::drivers {

using namespace std::chrono_literals;

SerialDevices::SerialDevices(asio::any_io_executor executor, std::vector<SerialDevice> devices,
                             ScannerSettings settings, OnDeviceEvent on_event)
    : executor_{executor},
      settings_{std::move(settings)},
      on_event_{std::move(on_event)},
      tasks_{executor} {
    for (SerialDevice& each : devices) {
        Configured& one = devices_.emplace_back(std::move(each), Attended{on_event_});
        one.attended.standing.device.kind = DeviceKind::scanner;
        one.attended.standing.device.port = one.device.tty.string();
    }
}

asio::awaitable<void> SerialDevices::run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    for (Configured& each : devices_) tasks_.spawn(attend(each));
    asio::steady_timer for_ever{executor_, asio::steady_timer::time_point::max()};
    co_await for_ever.async_wait(nothrow);
    tasks_.cancel();
    co_await tasks_.join();
}

asio::awaitable<void> SerialDevices::attend(Configured& one) {
    asio::steady_timer timer{executor_};
    for (;;) {
        const auto served = co_await serve(one);
        one.attended.obey = nullptr;
        if (served.error().code == Errc::abandoned) co_return;
        if (one.attended.standing.state == DeviceState::enabled) {
            one.attended.standing.state = DeviceState::offline;
            one.attended.say(DeviceEvent::Detached{});
        } else {
            one.attended.fail(served.error(), false);
        }
        timer.expires_after(1s);
        const auto [cancelled] = co_await timer.async_wait(nothrow);
        if (cancelled) co_return;
    }
}

asio::awaitable<Result<void>> SerialDevices::serve(Configured& one) {
    auto line = open_serial_port(executor_, one.device.tty, one.device.line);
    if (!line) co_return line.error();
    auto scanner =
        std::make_shared<SerialScanner>(*std::move(line), one.device.framing, one.device.dialect);
    one.attended.enable(detail::obey_by_dialect(scanner));
    co_return co_await detail::serve_serial(std::move(scanner), settings_, one.attended);
}

std::vector<Standing> SerialDevices::standings() const {
    std::vector<Standing> all;
    for (const Configured& each : devices_) all.push_back(each.attended.standing);
    return all;
}

asio::awaitable<Result<DeviceName>> SerialDevices::order(DeviceKind kind, std::string port,
                                                         DeviceOrder order) {
    std::vector<const Attended*> all;
    for (const Configured& each : devices_) all.push_back(&each.attended);
    return order_one(std::move(all), kind, std::move(port), std::move(order));
}

}  // namespace till::drivers
