#include "drivers/scanner/scanner.hpp"
#include "drivers/usb/patience.hpp"

namespace till::drivers {

using namespace std::chrono_literals;

asio::awaitable<Result<void>> read_hid_pos(HidInterface hid, ScanReportLayout layout,
                                           OnScan on_scan) {
    ScanAssembler assembler{std::move(layout)};
    Patience patience;
    for (;;) {
        auto report = co_await read_rest(assembler.is_waiting(), 500ms, hid.read());
        if (!report && report.error().code == Errc::timed_out && assembler.is_waiting()) {
            assembler.reset();
            continue;
        }
        if (!report) {
            assembler.reset();
            if (patience.ends(report.error())) co_return report.error();
            continue;
        }
        auto scan = assembler.take(*report);
        if (!scan) {
            if (patience.ends(scan.error())) co_return scan.error();
            continue;
        }
        patience.good();
        if (*scan && !(*scan)->data.empty()) on_scan(**std::move(scan));
    }
}

}  // namespace till::drivers
