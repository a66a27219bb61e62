#include "agent/runtime/task_group.hpp"
#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/device_words.hpp"
#include "agent/tillctl/watch_bus.hpp"
#include "drivers/registry/device_manager.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <iostream>
#include <optional>

namespace till {

namespace {

asio::awaitable<void> tell(drivers::DeviceManager& manager, drivers::DeviceName device,
                           drivers::DeviceOrder order, std::optional<Exit>& outcome) {
    const auto obeyed = co_await manager.order(device.kind, device.port, order);
    if (obeyed) std::cout << name(device.kind) << ' ' << device.port << " was told\n";
    outcome = obeyed ? Exit::ok : report(obeyed.error());
}

}  // namespace

Exit tell_device(const std::string& order, const std::string& port) {
    constexpr std::chrono::seconds patience{5};
    const bool is_page = order == "page";
    const auto kind = is_page ? drivers::DeviceKind::scanner : drivers::DeviceKind::scale;
    asio::io_context loop{1};
    auto bus = drivers::UsbBus::open(loop.get_executor());
    if (!bus) return report(bus.error());
    TaskGroup tasks{loop.get_executor()};
    std::optional<Exit> outcome;
    bool told = false;
    drivers::DeviceManager manager{
        loop.get_executor(),
        **bus,
        drivers::Quirks::builtin(),
        {},
        [&](const drivers::DeviceEvent& event) {
            if (told || !std::holds_alternative<drivers::DeviceEvent::Attached>(event.what)) return;
            if (event.device.kind != kind || (!port.empty() && event.device.port != port)) return;
            told = true;
            drivers::DeviceOrder what = drivers::ZeroScale{};
            if (is_page) what = drivers::PageScanner{};
            tasks.spawn(tell(manager, event.device, what, outcome));
        }};
    asio::steady_timer given_up{loop, patience};
    given_up.async_wait([&](boost::system::error_code cancelled) {
        if (!cancelled && !told)
            outcome = report(Error{Errc::not_found, "no " + std::string{name(kind)}
                                                        + " could be read here within 5 seconds"});
    });
    tasks.spawn(manager.run());
    while (!outcome) loop.run_one();
    // On the loop: Asio 1.81 queues a cancellation from elsewhere, and a task that ends before is touched by it.
    asio::post(loop, [&] { tasks.cancel(); });
    while (tasks.size() > 0) loop.run_one();
    return *outcome;
}

void watch_bus(asio::io_context& loop, drivers::UsbBus& bus, drivers::Quirks quirks, bool in_json) {
    const auto print = [in_json](const drivers::DeviceEvent& event) {
        // A line at once, whoever reads it: std::endl flushes.
        std::cout << (in_json ? device_json(event) : device_line(event)) << std::endl;
    };
    drivers::DeviceManager manager{loop.get_executor(), bus, std::move(quirks), {}, print};
    TaskGroup tasks{loop.get_executor()};
    asio::signal_set signals{loop, SIGINT, SIGTERM};
    signals.async_wait([&](boost::system::error_code, int) { tasks.cancel(); });
    tasks.spawn(manager.run());
    while (tasks.size() > 0) loop.run_one();
}

Exit watch_devices(bool in_json, const std::string& quirks_file) {
    auto quirks = drivers::Quirks::with(quirks_file);
    if (!quirks) return report(quirks.error());
    asio::io_context loop{1};
    auto bus = drivers::UsbBus::open(loop.get_executor());
    if (!bus) return report(bus.error());
    if (!in_json) std::cerr << "Watching this machine's USB devices; Ctrl+C ends.\n";
    watch_bus(loop, **bus, *std::move(quirks), in_json);
    return Exit::ok;
}

}  // namespace till
