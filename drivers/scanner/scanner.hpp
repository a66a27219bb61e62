#pragma once

#include "drivers/decode/keyboard_wedge.hpp"
#include "drivers/decode/scan_report.hpp"
#include "drivers/decode/serial_session.hpp"
#include "drivers/serial/byte_stream.hpp"
#include "drivers/usb/hid_interface.hpp"

#include <functional>
#include <memory>

namespace till::drivers {

/// Called for every scan, in order, on the loop.
using OnScan = std::function<void(RawScan)>;

// Each reads one device until the device is gone (closed), the caller cancels (abandoned), or the
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

/// A scanner on a serial line. Framing and AIM identifiers as in the wedge; a pause of 50 ms ends what the
/// framing leaves open.
class SerialScanner {
public:
    SerialScanner(std::unique_ptr<ByteStream> line, SerialFraming framing, SerialDialect dialect)
        : line_{std::move(line)},
          dialect_{settings_dialect(dialect)},
          session_{std::move(framing), dialect} {}

    /// What run() tells it first. Fails with unsupported where it has no word for a setting, or no language.
    Result<void> configure(const ScannerSettings& settings);
    /// `on_trouble`: a setting was not taken; it scans on.
    asio::awaitable<Result<void>> run(OnScan on_scan, std::function<void(Error)> on_trouble);
    /// Makes it sound. Fails with unsupported where it has no language.
    asio::awaitable<Result<void>> page();

private:
    std::unique_ptr<ByteStream> line_;
    const SettingsDialect* dialect_;
    SerialSession session_;
};

}  // namespace till::drivers
