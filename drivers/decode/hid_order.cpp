#include "drivers/decode/hid_order.hpp"

namespace till::drivers {

namespace {

std::optional<std::uint32_t> bit_of(const HidField& field, HidUsage usage) {
    for (std::uint32_t i = 0; field.variable && i < field.count; ++i)
        if (field.usage(i) == usage) return field.bit_offset + i * field.bits;
    return std::nullopt;
}

}  // namespace

std::optional<HidOrder> find_order(const HidDescriptor& descriptor, HidUsage usage) {
    for (const auto kind : {HidReportKind::output, HidReportKind::feature}) {
        const HidField* const field = descriptor.find(kind, usage);
        const auto bit = field == nullptr ? std::nullopt : bit_of(*field, usage);
        if (!bit) continue;
        Bytes report(descriptor.report_bytes(kind, field->report_id), '\0');
        if (descriptor.numbers_reports()) report.front() = static_cast<char>(field->report_id);
        report[*bit / 8] = static_cast<char>(1U << *bit % 8);
        return HidOrder{kind, std::move(report)};
    }
    return std::nullopt;
}

}  // namespace till::drivers
