#pragma once

#include "agent/core/decimal.hpp"
#include "drivers/decode/hid_descriptor.hpp"

#include <optional>
#include <string_view>

namespace till::drivers {

/// What a scale says of itself (HID Point of Sale, scale status).
enum class ScaleStatus : std::uint8_t {
    unknown,
    fault,
    stable_at_zero,
    moving,
    stable,
    under_zero,
    over_limit,
    needs_calibration,
    needs_zeroing,
};

std::string_view name(ScaleStatus status);

enum class WeightUnit : std::uint8_t { none, milligram, gram, kilogram, carat, ounce, pound };

struct WeightReading {
    ScaleStatus status = ScaleStatus::unknown;
    WeightUnit unit = WeightUnit::none;
    Decimal weight;  ///< In `unit`, as displayed: 2.500 keeps its zeros.
    Decimal tare;    ///< Grams that are not goods: UnifiedPOS TareWeight.

    /// Only what rests is sold: no zero, no movement, nothing out of range, nothing lighter than its tare.
    bool may_be_sold() const;
    /// Gross, exact for metric units; ounces and pounds (0.45359237 kg, international avoirdupois) are
    /// exact to the nanogram. No zeros behind the point. Fails for a unit that is unknown.
    Result<Decimal> gross_grams() const;
    /// The same without the tare: what is sold.
    Result<Decimal> grams() const;
};

/// Where a HID scale (usage page 8D) puts what in its data report, by its descriptor.
struct ScaleReportLayout {
    HidField status;
    HidField unit;
    HidField scaling;
    HidField weight;
    std::uint8_t report_id = 0;

    /// Nothing when the descriptor is not that of a scale.
    static std::optional<ScaleReportLayout> find(const HidDescriptor& descriptor);
};

/// Reads one input report; nothing for reports that are no weight. Fails (malformed) where it
/// contradicts its layout, (out_of_range) where the exponent is absurd.
Result<std::optional<WeightReading>> read_weight(BytesView report, const ScaleReportLayout& layout);

}  // namespace till::drivers
