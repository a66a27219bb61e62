#pragma once

#include "drivers/decode/scale_report.hpp"
#include "drivers/usb/hid_interface.hpp"

#include <functional>
#include <optional>

namespace till::drivers {

/// Called on the loop whenever what the scale shows has changed.
using OnWeight = std::function<void(const WeightReading&)>;

/// A HID scale (usage page 8D).
class Scale {
public:
    Scale(HidInterface hid, ScaleReportLayout layout, OnWeight on_weight)
        : hid_{std::move(hid)}, layout_{std::move(layout)}, on_weight_{std::move(on_weight)} {}

    /// Reads it until it is gone (closed), the caller cancels (abandoned), or it has sent nonsense too often.
    /// Scales repeat themselves many times a second: only changes are told.
    asio::awaitable<Result<void>> run();

    /// These grams, or without any what lies on it now, are taken off each weight from now on: until another
    /// tare, or until it is plugged in anew. Fails with conflict where nothing rests on it, out_of_range below 0.
    Result<void> tare(std::optional<Decimal> grams);

private:
    void tell();

    HidInterface hid_;
    ScaleReportLayout layout_;
    OnWeight on_weight_;
    std::optional<WeightReading> shown_;
    Decimal tare_;
};

}  // namespace till::drivers
