#pragma once

#include "drivers/decode/scale_report.hpp"
#include "drivers/usb/hid_interface.hpp"

#include <functional>

namespace till::drivers {

/// Called on the loop whenever what the scale shows has changed.
using OnWeight = std::function<void(const WeightReading&)>;

/// Reads a scale until it is gone (closed), the caller cancels (abandoned), or it has sent nonsense too often.
/// Scales repeat themselves many times a second: only changes are told.
asio::awaitable<Result<void>> read_scale(HidInterface hid, ScaleReportLayout layout,
                                         OnWeight on_weight);

}  // namespace till::drivers
