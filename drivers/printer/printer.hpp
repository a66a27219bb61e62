#pragma once

#include "drivers/usb/usb_pipe.hpp"

#include <functional>
#include <memory>

namespace till::drivers {

/// A cash drawer, as its printer tells of it.
struct DrawerStatus {
    bool open = false;             ///< UnifiedPOS DrawerOpened.
    bool printer_offline = false;  ///< It sends no pulse then.

    friend bool operator==(const DrawerStatus&, const DrawerStatus&) = default;
};

/// How the drawer's switch lies on pin 3 of its socket.
enum class DrawerSwitch : std::uint8_t { open_is_low, open_is_high };

/// Called on the loop with the first status, and whenever it has changed.
using OnDrawer = std::function<void(const DrawerStatus&)>;

/// An ESC/POS printer, as far as its cash drawer needs it.
class ReceiptPrinter {
public:
    /// Fails with unsupported for an interface that takes nothing.
    static Result<std::shared_ptr<ReceiptPrinter>> open(std::shared_ptr<UsbPipe> pipe,
                                                        DrawerSwitch wiring);

    /// Watches the drawer until the printer is gone (closed) or the caller cancels (abandoned). A printer
    /// that never says how it stands is asked a few times, and then left in peace: nothing is told of its
    /// drawer.
    asio::awaitable<Result<void>> watch(OnDrawer on_drawer);

    /// Sends the pulse. Fails with timed_out when the printer takes nothing, else as its pipe does.
    asio::awaitable<Result<void>> open_drawer();

private:
    ReceiptPrinter(std::shared_ptr<UsbPipe> pipe, std::uint8_t out, const UsbEndpoint* in,
                   DrawerSwitch wiring)
        : pipe_{std::move(pipe)}, out_{out}, in_{in}, wiring_{wiring} {}
    asio::awaitable<Result<void>> send(BytesView bytes);

    std::shared_ptr<UsbPipe> pipe_;
    std::uint8_t out_;
    const UsbEndpoint* in_;  // In the pipe's own interface; none on a one-way printer.
    DrawerSwitch wiring_;
};

}  // namespace till::drivers
