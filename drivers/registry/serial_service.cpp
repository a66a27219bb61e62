#include "drivers/registry/serial_service.hpp"

namespace till::drivers::detail {

namespace {

asio::awaitable<Result<void>> tell(std::shared_ptr<SerialScanner> scanner, DeviceOrder order) {
    if (!std::holds_alternative<PageScanner>(order))
        co_return Error{Errc::unsupported, "a scanner does not do that"};
    co_return co_await scanner->page();
}

}  // namespace

asio::awaitable<Result<void>> serve_serial(std::shared_ptr<SerialScanner> scanner,
                                           ScannerSettings settings, Attended& one) {
    const auto warn = [&one](const Error& error) {
        one.standing.trouble = error.detail;
        one.say(DeviceEvent::Warning{error});
    };
    if (const auto told = scanner->configure(settings); !told) warn(told.error());
    OnScan on_scan = [&one](RawScan scan) { one.heard(std::move(scan)); };
    std::function<void(Error)> on_trouble = warn;
    co_return co_await scanner->run(std::move(on_scan), std::move(on_trouble));
}

Obey obey_by_dialect(std::shared_ptr<SerialScanner> scanner) {
    return [scanner = std::move(scanner)](DeviceOrder order) { return tell(scanner, order); };
}

}  // namespace till::drivers::detail
