#include "drivers/msr/msr.hpp"

#include "drivers/usb/patience.hpp"

namespace till::drivers {

asio::awaitable<Result<void>> read_msr(HidInterface hid, MsrReportLayout layout, OnSwipe on_swipe) {
    Patience patience;
    for (;;) {
        auto report = co_await hid.read();
        if (!report) {
            if (patience.ends(report.error())) co_return report.error();
            continue;
        }
        const std::span<std::uint8_t> bytes{reinterpret_cast<std::uint8_t*>(report->data()),
                                            report->size()};
        const auto swipe = read_swipe(bytes, layout);
        if (!swipe && swipe.error().code == Errc::forbidden) {
            on_swipe(std::nullopt);
            continue;
        }
        if (!swipe) {
            if (patience.ends(swipe.error())) co_return swipe.error();
            continue;
        }
        patience.good();
        if (*swipe) on_swipe(**swipe);
    }
}

}  // namespace till::drivers
