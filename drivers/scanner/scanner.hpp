#pragma once

#include "drivers/decode/keyboard_wedge.hpp"
#include "drivers/decode/scan_report.hpp"
#include "drivers/decode/serial_frames.hpp"
#include "drivers/usb/hid_interface.hpp"

#include <functional>

namespace till::drivers {

/// Called for every scan, in order, on the loop.
using OnScan = std::function<void(RawScan)>;

// Each reads one claimed interface until the device is gone (closed), the caller cancels (abandoned), or the
// device has sent nonsense too often; then it fails with the last cause. What a device sends in between
// that makes no sense is dropped, never joined with what comes after it.

/// A HID POS scanner (usage page 8C), by its own report layout. A symbol in pieces whose rest does not come
/// within half a second is dropped.
asio::awaitable<Result<void>> read_hid_pos(HidInterface hid, ScanReportLayout layout,
                                           OnScan on_scan);

/// A scanner that types. Enter or Tab ends a scan, or a pause of 50 ms, where people are slower and scanners
/// quicker. An AIM identifier that is typed first is taken as one.
asio::awaitable<Result<void>> read_wedge(HidInterface hid, KeyReportLayout layout,
                                         KeyboardLayout keyboard, OnScan on_scan);

/// A scanner on a CDC-ACM port (CDC 1.2, PSTN 1.2): opened at 9600 8N1, DTR and RTS on. Framing and
/// AIM identifiers as in the wedge; a pause of 50 ms ends what `framing` leaves open.
asio::awaitable<Result<void>> read_cdc(UsbPipe& pipe, SerialFraming framing, OnScan on_scan);

/// "]E04006381333931" as identifier and data.
RawScan split_aim(std::string text);

}  // namespace till::drivers
