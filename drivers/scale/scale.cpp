#include "drivers/scale/scale.hpp"

#include "drivers/usb/patience.hpp"

#include <tuple>

namespace till::drivers {

asio::awaitable<Result<void>> read_scale(HidInterface hid, ScaleReportLayout layout,
                                         OnWeight on_weight) {
    using Shown = std::tuple<ScaleStatus, WeightUnit, std::int64_t, int>;
    std::optional<Shown> last;
    Patience patience;
    for (;;) {
        const auto report = co_await hid.read();
        const auto reading = report ? read_weight(*report, layout)
                                    : Result<std::optional<WeightReading>>{report.error()};
        if (!reading) {
            if (patience.ends(reading.error())) co_return reading.error();
            continue;
        }
        patience.good();
        if (!*reading) continue;
        const WeightReading& now = **reading;
        const Shown shown{now.status, now.unit, now.weight.mantissa(), now.weight.scale()};
        if (last == shown) continue;
        last = shown;
        on_weight(now);
    }
}

}  // namespace till::drivers
