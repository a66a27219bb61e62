#include "drivers/decode/scale_report.hpp"

#include <algorithm>
#include <array>

namespace till::drivers {

namespace {

constexpr std::uint16_t page = 0x8D;
constexpr HidUsage first_status = hid_usage(page, 0x71);
constexpr HidUsage last_status = hid_usage(page, 0x78);
constexpr HidUsage gram_unit = hid_usage(page, 0x52);
constexpr HidUsage data_weight = hid_usage(page, 0x40);
constexpr HidUsage data_scaling = hid_usage(page, 0x41);

constexpr std::array<std::string_view, 9> status_names{
    "unknown",    "fault",      "stable at zero",    "moving",       "stable",
    "under zero", "over limit", "needs calibration", "needs zeroing"};

/// Nanograms in one unit. The weight of a report has at most 32 bits, so a product may pass 64.
std::int64_t nanograms(WeightUnit unit) {
    switch (unit) {
        case WeightUnit::milligram:
            return 1'000'000;
        case WeightUnit::gram:
            return 1'000'000'000;
        case WeightUnit::kilogram:
            return 1'000'000'000'000;
        case WeightUnit::carat:
            return 200'000'000;
        case WeightUnit::ounce:
            return 28'349'523'125;
        case WeightUnit::pound:
            return 453'592'370'000;
        case WeightUnit::none:
            break;
    }
    return 0;
}

WeightUnit unit_of(HidUsage usage) {
    switch (usage) {
        case hid_usage(page, 0x51):
            return WeightUnit::milligram;
        case gram_unit:
            return WeightUnit::gram;
        case hid_usage(page, 0x53):
            return WeightUnit::kilogram;
        case hid_usage(page, 0x54):
            return WeightUnit::carat;
        case hid_usage(page, 0x5B):
            return WeightUnit::ounce;
        case hid_usage(page, 0x5C):
            return WeightUnit::pound;
        default:
            return WeightUnit::none;
    }
}

/// What the value of an array item means.
std::optional<HidUsage> chosen(BytesView report, const HidField& field) {
    const auto value = read_signed(report, field);
    if (!value) return std::nullopt;
    const auto index = std::int64_t{*value} - field.logical_min;
    return index < 0 ? 0 : field.usage(static_cast<std::size_t>(index));
}

Decimal trimmed(std::int64_t mantissa, int scale) {
    while (scale > 0 && mantissa % 10 == 0) {
        mantissa /= 10;
        --scale;
    }
    return {mantissa, scale};
}

}  // namespace

std::string_view name(ScaleStatus status) { return status_names[static_cast<std::size_t>(status)]; }

Result<Decimal> WeightReading::gross_grams() const {
    const auto factor = nanograms(unit);
    if (factor == 0) return Error{Errc::unsupported, "scale: a unit that a till cannot sell by"};
    TILL_TRY(const auto total, multiply_rounded(weight, Decimal{factor, 0}, 0));
    return trimmed(total, 9);
}

Result<Decimal> WeightReading::grams() const {
    TILL_TRY(const Decimal gross, gross_grams());
    const int scale = std::max(gross.scale(), tare.scale());
    TILL_TRY(const std::int64_t weighed, gross.rounded_to(scale));
    TILL_TRY(const std::int64_t taken, tare.rounded_to(scale));
    std::int64_t net = 0;
    if (__builtin_sub_overflow(weighed, taken, &net))
        return Error{Errc::out_of_range, "the scale's tare is absurd"};
    return trimmed(net, scale);
}

bool WeightReading::may_be_sold() const {
    if (status != ScaleStatus::stable) return false;
    const auto net = grams();
    return !net || *net > Decimal{};  // A unit that is not known has no tare.
}

std::optional<ScaleReportLayout> ScaleReportLayout::find(const HidDescriptor& descriptor) {
    const auto* weight = descriptor.find(HidReportKind::input, data_weight);
    if (weight == nullptr) return std::nullopt;
    const auto id = weight->report_id;
    const auto* status = descriptor.find(HidReportKind::input, first_status, id);
    const auto* unit = descriptor.find(HidReportKind::input, gram_unit, id);
    const auto* scaling = descriptor.find(HidReportKind::input, data_scaling, id);
    if (status == nullptr || unit == nullptr || scaling == nullptr) return std::nullopt;
    return ScaleReportLayout{*status, *unit, *scaling, *weight, id};
}

Result<std::optional<WeightReading>> read_weight(BytesView report,
                                                 const ScaleReportLayout& layout) {
    if (report.empty() || (layout.report_id != 0 && octets(report)[0] != layout.report_id))
        return std::nullopt;
    const auto status = chosen(report, layout.status);
    const auto unit = chosen(report, layout.unit);
    const auto exponent = read_signed(report, layout.scaling);
    const auto weight = read_element(report, layout.weight);
    if (!status || !unit || !exponent || !weight)
        return Error{Errc::malformed, "scale report: shorter than its descriptor says"};
    if (*exponent < -Decimal::scale_max || *exponent > 6)
        return Error{Errc::out_of_range, "scale report: no scale has such an exponent"};
    WeightReading reading;
    if (*status >= first_status && *status <= last_status)
        reading.status = static_cast<ScaleStatus>(*status - first_status + 1);
    reading.unit = unit_of(*unit);
    std::int64_t mantissa = *weight;
    for (int i = 0; i < *exponent; ++i) mantissa *= 10;
    // The report itself has no sign: it says "under zero" in its status.
    if (reading.status == ScaleStatus::under_zero) mantissa = -mantissa;
    reading.weight = Decimal{mantissa, *exponent < 0 ? -*exponent : 0};
    return reading;
}

}  // namespace till::drivers
