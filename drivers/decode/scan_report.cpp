#include "drivers/decode/scan_report.hpp"

#include "drivers/decode/symbology.hpp"

#include <algorithm>
#include <utility>

namespace till::drivers {

namespace {

constexpr HidUsage count_of_bytes = hid_usage(0x01, 0x3B);
constexpr HidUsage symbology_1 = hid_usage(0x8C, 0xFB);
constexpr HidUsage symbology_2 = hid_usage(0x8C, 0xFC);
constexpr HidUsage symbology_3 = hid_usage(0x8C, 0xFD);
constexpr HidUsage decoded_data = hid_usage(0x8C, 0xFE);
constexpr HidUsage data_continued = hid_usage(0x8C, 0xFF);

std::optional<HidField> copy(const HidField* field) {
    return field == nullptr ? std::nullopt : std::optional{*field};
}

/// Three characters: one field of three, or three fields side by side.
std::optional<HidField> find_aim(const HidDescriptor& descriptor, std::uint8_t id) {
    auto first = copy(descriptor.find(HidReportKind::input, symbology_1, id));
    if (!first || !first->is_bytes()) return std::nullopt;
    if (first->count == 3) return first;
    const auto* second = descriptor.find(HidReportKind::input, symbology_2, id);
    const auto* third = descriptor.find(HidReportKind::input, symbology_3, id);
    if (second == nullptr || third == nullptr || second->bit_offset != first->bit_offset + 8
        || third->bit_offset != first->bit_offset + 16)
        return std::nullopt;
    first->count = 3;
    return first;
}

}  // namespace

RawScan split_aim(std::string text) {
    const std::size_t aim = aim_in_front(text).size();
    if (aim == text.size()) return {.aim = "", .data = std::move(text)};
    return {.aim = text.substr(0, aim), .data = text.substr(aim)};
}

std::optional<ScanReportLayout> ScanReportLayout::find(const HidDescriptor& descriptor) {
    const auto* data = descriptor.find(HidReportKind::input, decoded_data);
    if (data == nullptr || !data->is_bytes()) return std::nullopt;
    const auto id = data->report_id;
    ScanReportLayout layout{.report_id = id,
                            .report_bytes = descriptor.report_bytes(HidReportKind::input, id),
                            .data = *data,
                            .aim = find_aim(descriptor, id)};
    layout.byte_count = copy(descriptor.find(HidReportKind::input, count_of_bytes, id));
    layout.continued = copy(descriptor.find(HidReportKind::input, data_continued, id));
    return layout;
}

Result<std::optional<RawScan>> ScanAssembler::take(BytesView report) {
    if (report.empty()) return std::nullopt;
    if (layout_.report_id != 0 && octets(report)[0] != layout_.report_id) return std::nullopt;
    std::size_t from = layout_.data.first_byte();
    std::size_t room = layout_.data.bytes();
    std::string aim;
    if (layout_.aim && layout_.aim->first_byte() + 3 <= report.size()) {
        const std::size_t at = layout_.aim->first_byte();
        aim = report.substr(at, 3);
        // One maker's identifier begins a byte later than it says, and so do its data.
        if (!aim.starts_with(']') && at + 3 == from && report.substr(at + 1).starts_with(']')
            && room > 1) {
            aim = report.substr(at + 1, 3);
            ++from;
            --room;
        }
        aim = std::string{aim_in_front(aim)};
    }
    if (from > report.size()) {
        begun_.reset();
        return Error{Errc::malformed, "scan report: shorter than its descriptor says"};
    }
    std::string_view data = report.substr(from, room);
    if (const auto count =
            layout_.byte_count ? read_element(report, *layout_.byte_count) : std::nullopt) {
        if (*count > data.size()) {
            begun_.reset();
            return Error{Errc::malformed, "scan report: more data than it has room for"};
        }
        data = data.substr(0, *count);
    } else {
        while (data.ends_with('\0')) data.remove_suffix(1);
    }
    if (!begun_) begun_ = RawScan{std::move(aim), {}};
    if (begun_->data.size() + data.size() > data_bytes_max) {
        begun_.reset();
        return Error{Errc::out_of_range, "scan report: no symbol holds so much"};
    }
    begun_->data += data;
    // Makers describe one byte, one bit or eight single bits here; the lowest bit is what counts.
    const auto more = layout_.continued ? read_element(report, *layout_.continued) : std::nullopt;
    if (more.value_or(0) & 1) return std::nullopt;
    return std::exchange(begun_, std::nullopt);
}

}  // namespace till::drivers
