#include "drivers/escpos/printer_status.hpp"

namespace till::drivers {

namespace {

constexpr unsigned fixed = 0x93, begins_automatic = 0x10, is_answer = 0x12;
constexpr unsigned fixed_later = 0x90;
constexpr unsigned pin3 = 1U << 2, offline = 1U << 3;

PrinterStatus status_of(unsigned byte, bool unasked) {
    return {.pin3_high = (byte & pin3) != 0, .offline = (byte & offline) != 0, .unasked = unasked};
}

}  // namespace

std::vector<PrinterStatus> PrinterStatusReader::take(BytesView bytes) {
    std::vector<PrinterStatus> all;
    for (const char each : bytes) {
        const auto byte = static_cast<std::uint8_t>(each);
        if (missing_ > 0 && (byte & fixed_later) == 0) {
            if (--missing_ == 0) all.push_back(status_of(first_, true));
            continue;
        }
        if ((byte & fixed) == is_answer) {  // May come in between: it is sent at once.
            all.push_back(status_of(byte, false));
            continue;
        }
        missing_ = 0;
        if ((byte & fixed) != begins_automatic) continue;
        first_ = byte;
        missing_ = 3;
    }
    return all;
}

}  // namespace till::drivers
