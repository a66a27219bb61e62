#include "agent/runtime/task_group.hpp"
#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/device_words.hpp"
#include "drivers/registry/device_manager.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <iostream>

namespace till {

Exit watch_devices(bool in_json) {
    asio::io_context loop{1};
    auto bus = drivers::UsbBus::open(loop.get_executor());
    if (!bus) return report(bus.error());
    const auto print = [in_json](const drivers::DeviceEvent& event) {
        // A line at once, whoever reads it: std::endl flushes.
        std::cout << (in_json ? device_json(event) : device_line(event)) << std::endl;
    };
    drivers::DeviceManager manager{loop.get_executor(), **bus, drivers::Quirks::builtin(), print};
    if (!in_json) std::cerr << "Watching this machine's USB devices; Ctrl+C ends.\n";
    TaskGroup tasks{loop.get_executor()};
    asio::signal_set signals{loop, SIGINT, SIGTERM};
    signals.async_wait([&](boost::system::error_code, int) { tasks.cancel(); });
    tasks.spawn(manager.run());
    while (tasks.size() > 0) loop.run_one();
    return Exit::ok;
}

}  // namespace till
