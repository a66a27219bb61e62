#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace till::drivers {

/// A usage of the HID Usage Tables: the page in the upper 16 bits, the id in the lower.
using HidUsage = std::uint32_t;

constexpr HidUsage hid_usage(std::uint16_t page, std::uint16_t id) {
    return HidUsage{page} << 16 | id;
}

enum class HidReportKind : std::uint8_t { input, output, feature };

/// One main item of a report descriptor: `count` elements of `bits` bits each, side by side.
struct HidField {
    struct Usages {
        HidUsage first = 0;
        HidUsage last = 0;
    };

    HidReportKind kind = HidReportKind::input;
    std::uint8_t report_id = 0;    ///< 0 where the device numbers no reports.
    bool constant = false;         ///< Padding.
    bool variable = false;         ///< Each element has a usage; else its value chooses one.
    std::uint32_t bit_offset = 0;  ///< From the first byte as transferred: an id byte counts.
    std::uint32_t bits = 0;        ///< Of one element: 1 to 32.
    std::uint32_t count = 0;
    std::int32_t logical_min = 0;
    std::int32_t logical_max = 0;
    std::vector<Usages> usages;  ///< In the order of the elements.
    HidUsage collection = 0;     ///< The innermost collection's usage.
    HidUsage application = 0;    ///< The outermost collection's usage.

    /// The usage of element `index`, or of the array value `index + logical_min`. The last one holds
    /// for all that follow in a variable item (HID 1.11, 6.2.2.8); 0 when there is none.
    HidUsage usage(std::size_t index) const;
    /// Whether the field speaks of this usage at all.
    bool has(HidUsage usage) const;
    std::size_t first_byte() const { return bit_offset / 8; }
    std::size_t bytes() const { return std::size_t{bits} * count / 8; }  ///< Whole ones.
    bool is_bytes() const { return bits == 8 && bit_offset % 8 == 0; }
};

/// What a device says of its reports (HID 1.11, 6.2.2), read with suspicion: a descriptor that is
/// cut short, nests without end or describes megabytes is `malformed` or `out_of_range`.
class HidDescriptor {
public:
    static constexpr std::size_t bytes_max = 4096;  ///< As in the kernel.
    static constexpr std::size_t fields_max = 512;
    static constexpr std::size_t report_bytes_max = 8192;
    static constexpr std::size_t depth_max = 16;

    static Result<HidDescriptor> parse(BytesView bytes);

    std::span<const HidField> fields() const { return fields_; }
    bool numbers_reports() const { return numbered_; }
    /// Whether an application collection with this usage exists.
    bool has_application(HidUsage usage) const;
    /// The first field of that kind which speaks of `usage`; nullptr for none. With a report id, of
    /// that report only.
    const HidField* find(HidReportKind kind, HidUsage usage,
                         std::optional<std::uint8_t> report_id = {}) const;
    /// Size of a report as transferred, its id byte included; 0 when there is no such report.
    std::size_t report_bytes(HidReportKind kind, std::uint8_t report_id) const;
    /// The largest report of that kind; 0 when there is none.
    std::size_t largest_report(HidReportKind kind) const;

private:
    friend class HidDescriptorReader;

    std::vector<HidField> fields_;
    std::vector<HidUsage> applications_;
    bool numbered_ = false;
};

/// Element `index` of the field, as an unsigned number; nothing where the report is too short.
std::optional<std::uint32_t> read_element(BytesView report, const HidField& field,
                                          std::size_t index = 0);

/// The same, with the sign that the field's logical minimum asks for.
std::optional<std::int32_t> read_signed(BytesView report, const HidField& field,
                                        std::size_t index = 0);

}  // namespace till::drivers
