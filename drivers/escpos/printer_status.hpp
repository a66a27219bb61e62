#pragma once

#include "agent/core/bytes.hpp"

#include <cstdint>
#include <vector>

namespace till::drivers {

/// What a printer says of itself.
struct PrinterStatus {
    bool pin3_high = false;  ///< Of the drawer's socket: its switch.
    bool offline = false;    ///< Out of paper, cover open, or in error: it works nothing off.
    bool unasked = false;    ///< Automatic status back (GS a); else the answer to DLE EOT 1.

    friend bool operator==(const PrinterStatus&, const PrinterStatus&) = default;
};

/// Finds both kinds of status in what a printer sends; anything else is passed over. By their fixed bits an
/// automatic status is four bytes, 0xx1xx00 and three 0xx0xxxx, and an answer is one, 0xx1xx10.
class PrinterStatusReader {
public:
    std::vector<PrinterStatus> take(BytesView bytes);

private:
    std::uint8_t first_ = 0;  // Of an automatic status that has begun.
    int missing_ = 0;
};

namespace escpos {

/// GS a: tell the drawer's switch and "offline", now and whenever they change.
inline constexpr BytesView watch_status{"\x1d\x61\x03", 3};
/// DLE EOT 1, answered at once even when the printer is offline.
inline constexpr BytesView ask_status{"\x10\x04\x01", 3};
/// ESC p: 100 ms on pin 2, and nothing for 500 ms after it.
inline constexpr BytesView pulse_drawer{"\x1b\x70\x00\x32\xfa", 5};

}  // namespace escpos

}  // namespace till::drivers
