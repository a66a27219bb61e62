#include "drivers/registry/printer_service.hpp"

namespace till::drivers::detail {

namespace {

asio::awaitable<Result<void>> tell(std::shared_ptr<ReceiptPrinter> printer, DeviceOrder order) {
    if (!std::holds_alternative<OpenDrawer>(order))
        co_return Error{Errc::unsupported, "a printer does not do that"};
    co_return co_await printer->open_drawer();
}

}  // namespace

asio::awaitable<Result<void>> serve_printer(std::shared_ptr<ReceiptPrinter> printer,
                                            Attended& one) {
    OnDrawer on_drawer = [&one](const DrawerStatus& status) { one.heard(status); };
    co_return co_await printer->watch(std::move(on_drawer));
}

Obey obey_by_pulse(std::shared_ptr<ReceiptPrinter> printer) {
    return [printer = std::move(printer)](DeviceOrder order) { return tell(printer, order); };
}

}  // namespace till::drivers::detail
