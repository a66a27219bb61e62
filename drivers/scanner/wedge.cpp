#include "drivers/decode/symbology.hpp"
#include "drivers/scanner/scanner.hpp"
#include "drivers/usb/patience.hpp"

namespace till::drivers {

using namespace std::chrono_literals;

asio::awaitable<Result<void>> read_wedge(HidInterface hid, KeyReportLayout layout,
                                         KeyboardLayout keyboard, OnScan on_scan) {
    WedgeDecoder decoder{std::move(layout), keyboard};
    Patience patience;
    for (;;) {
        auto report = co_await read_rest(decoder.is_waiting(), 50ms, hid.read());
        if (!report && report.error().code == Errc::timed_out && decoder.is_waiting()) {
            on_scan(split_aim(decoder.flush()));
            continue;
        }
        if (!report) {
            (void)decoder.flush();
            if (patience.ends(report.error())) co_return report.error();
            continue;
        }
        patience.good();
        auto line = decoder.take(*report);
        if (line && !line->empty()) on_scan(split_aim(*std::move(line)));
    }
}

}  // namespace till::drivers
