#include "drivers/printer/printer.hpp"

#include "drivers/escpos/printer_status.hpp"
#include "drivers/usb/patience.hpp"

namespace till::drivers {

using namespace std::chrono_literals;

namespace {

constexpr auto write_limit = 1000ms, ask_interval = 1000ms;
constexpr std::chrono::milliseconds forever = 24h;
constexpr int questions_max = 5;  // Unanswered ones, in a row.
constexpr std::size_t status_bytes = 64;

}  // namespace

Result<std::shared_ptr<ReceiptPrinter>> ReceiptPrinter::open(std::shared_ptr<UsbPipe> pipe,
                                                             DrawerSwitch wiring) {
    const UsbEndpoint* const out = pipe->interface().find(UsbEndpoint::Type::bulk, false);
    if (out == nullptr) return Error{Errc::unsupported, "a printer that takes nothing"};
    const UsbEndpoint* const in = pipe->interface().find(UsbEndpoint::Type::bulk, true);
    return std::shared_ptr<ReceiptPrinter>{
        new ReceiptPrinter{std::move(pipe), out->address, in, wiring}};
}

asio::awaitable<Result<void>> ReceiptPrinter::watch(OnDrawer on_drawer) {
    if (in_ == nullptr) {
        const auto executor = co_await asio::this_coro::executor;
        asio::steady_timer gone{executor, asio::steady_timer::time_point::max()};
        co_await gone.async_wait(nothrow);
        co_return Error{Errc::abandoned, "a one-way printer"};
    }
    // That it takes nothing just now is no reason not to listen.
    (void)co_await send(escpos::watch_status);
    std::optional<DrawerStatus> last;
    PrinterStatusReader reader;
    Patience patience;
    int unanswered = 0;
    bool tells_by_itself = false;
    for (;;) {
        const bool asks = !tells_by_itself && unanswered < questions_max;
        const auto bytes = co_await with_deadline(asks ? ask_interval : forever,
                                                  pipe_->read(in_->address, status_bytes));
        if (!bytes && bytes.error().code != Errc::timed_out) {
            if (patience.ends(bytes.error())) co_return bytes.error();
            continue;
        }
        if (!bytes && asks) {
            ++unanswered;
            (void)co_await send(escpos::ask_status);
        }
        if (!bytes) continue;
        patience.good();
        for (const PrinterStatus& each : reader.take(*bytes)) {
            unanswered = 0;
            tells_by_itself |= each.unasked;
            const DrawerStatus now{
                .open = each.pin3_high == (wiring_ == DrawerSwitch::open_is_high),
                .printer_offline = each.offline};
            if (last == now) continue;
            last = now;
            on_drawer(now);
        }
    }
}

asio::awaitable<Result<void>> ReceiptPrinter::open_drawer() {
    co_return co_await send(escpos::pulse_drawer);
}

asio::awaitable<Result<void>> ReceiptPrinter::send(BytesView bytes) {
    Bytes data{bytes};
    co_return co_await pipe_->write(out_, std::move(data), write_limit);
}

}  // namespace till::drivers
