#pragma once

#include "agent/runtime/task_group.hpp"
#include "drivers/decode/serial_session.hpp"
#include "drivers/registry/attended.hpp"
#include "drivers/serial/serial_port.hpp"

#include <list>
#include <vector>

namespace till::drivers {

/// A scanner on a tty. Nothing on a serial line says what it is: it is configured.
struct SerialDevice {
    std::filesystem::path tty;
    SerialLine line;
    SerialFraming framing;
    SerialDialect dialect = SerialDialect::none;
};

/// Reads the scanners on this machine's serial lines. One whose tty is not there (an adapter that is pulled),
/// or is another program's, is asked for every second. Thread: the loop's.
class SerialDevices {
public:
    SerialDevices(asio::any_io_executor executor, std::vector<SerialDevice> devices,
                  ScannerSettings settings, OnDeviceEvent on_event);

    asio::awaitable<void> run();  ///< Until it is cancelled.
    std::vector<Standing> standings() const;
    /// As DeviceManager::order(); a tty's path is its port.
    asio::awaitable<Result<DeviceName>> order(DeviceKind kind, std::string port, DeviceOrder order);

private:
    struct Configured {
        SerialDevice device;
        Attended attended;
    };

    asio::awaitable<void> attend(Configured& one);
    asio::awaitable<Result<void>> serve(Configured& one);

    asio::any_io_executor executor_;
    ScannerSettings settings_;
    OnDeviceEvent on_event_;
    std::list<Configured> devices_;
    TaskGroup tasks_;
};

}  // namespace till::drivers
