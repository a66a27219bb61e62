#include "drivers/decode/hid_descriptor.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace till::drivers {

HidUsage HidField::usage(std::size_t index) const {
    for (const auto& range : usages) {
        const std::size_t size = std::size_t{range.last} - range.first + 1;
        if (index < size) return range.first + static_cast<HidUsage>(index);
        index -= size;
    }
    return variable && !usages.empty() ? usages.back().last : 0;
}

bool HidField::has(HidUsage wanted) const {
    return std::ranges::any_of(
        usages, [&](const Usages& range) { return range.first <= wanted && wanted <= range.last; });
}

namespace {

enum : std::
    uint8_t {  // Tags with their types, the size bits cleared (HID 1.11, 6.2.2.4 to 6.2.2.8).
        tag_input = 0x80,
        tag_output = 0x90,
        tag_feature = 0xB0,
        tag_collection = 0xA0,
        tag_end_collection = 0xC0,
        tag_usage_page = 0x04,
        tag_logical_min = 0x14,
        tag_logical_max = 0x24,
        tag_report_size = 0x74,
        tag_report_id = 0x84,
        tag_report_count = 0x94,
        tag_push = 0xA4,
        tag_pop = 0xB4,
        tag_usage = 0x08,
        tag_usage_min = 0x18,
        tag_usage_max = 0x28,
    };

struct Item {
    std::uint8_t tag = 0;
    std::size_t size = 0;
    std::uint32_t value = 0;

    std::int32_t as_signed() const {
        switch (size) {
            case 1:
                return static_cast<std::int8_t>(value);
            case 2:
                return static_cast<std::int16_t>(value);
            default:
                return static_cast<std::int32_t>(value);
        }
    }
};

/// What stays from item to item until it is said anew.
struct Globals {
    std::uint16_t page = 0;
    std::int32_t logical_min = 0;
    std::int32_t logical_max = 0;
    std::uint32_t size = 0;
    std::uint32_t count = 0;
    std::uint8_t report_id = 0;
};

constexpr std::size_t usages_max = 1024;  // Of one main item.

}  // namespace

class HidDescriptorReader {
public:
    Result<HidDescriptor> read(BytesView rest) {
        if (rest.size() > HidDescriptor::bytes_max) return bad("longer than 4096 bytes");
        while (!rest.empty()) {
            Item item;
            if (!take(rest, item)) return bad("cut short");
            TILL_TRY_VOID(apply(item));
        }
        if (!collections_.empty()) return bad("a collection has no end");
        return std::move(out_);
    }

private:
    static Error bad(const char* what) {
        return Error{Errc::malformed, std::string{"HID report descriptor: "} + what};
    }

    static bool take(BytesView& rest, Item& item) {
        const auto bytes = octets(rest);
        const std::uint8_t prefix = bytes[0];
        if (prefix == 0xFE) {  // A long item: none is defined, so all are passed over.
            if (bytes.size() < 3 || bytes.size() < 3U + bytes[1]) return false;
            rest.remove_prefix(3U + bytes[1]);
            return true;
        }
        item.size = (prefix & 3) == 3 ? 4 : prefix & 3;
        if (bytes.size() < 1 + item.size) return false;
        for (std::size_t i = 0; i < item.size; ++i)
            item.value |= std::uint32_t{bytes[1 + i]} << (8 * i);
        item.tag = prefix & 0xFC;
        rest.remove_prefix(1 + item.size);
        return true;
    }

    Result<void> apply(const Item& item) {
        switch (item.tag) {
            case tag_input:
                return add(HidReportKind::input, item.value);
            case tag_output:
                return add(HidReportKind::output, item.value);
            case tag_feature:
                return add(HidReportKind::feature, item.value);
            case tag_collection:
                return open();
            case tag_end_collection:
                return close();
            case tag_usage:
                return add_usage(full(item));
            case tag_usage_min:
                usage_min_ = full(item);
                return {};
            case tag_usage_max:
                return add_range(full(item));
            default:
                return apply_global(item);
        }
    }

    Result<void> apply_global(const Item& item) {
        switch (item.tag) {
            case tag_usage_page:
                global_.page = static_cast<std::uint16_t>(item.value);
                break;
            case tag_logical_min:
                global_.logical_min = item.as_signed();
                break;
            case tag_logical_max:
                global_.logical_max = item.as_signed();
                break;
            case tag_report_size:
                global_.size = item.value;
                break;
            case tag_report_count:
                global_.count = item.value;
                break;
            case tag_report_id:
                if (item.value == 0 || item.value > 255) return bad("report id out of range");
                global_.report_id = static_cast<std::uint8_t>(item.value);
                out_.numbered_ = true;
                break;
            case tag_push:
                if (stack_.size() == HidDescriptor::depth_max) return bad("pushed too deep");
                stack_.push_back(global_);
                break;
            case tag_pop:
                if (stack_.empty()) return bad("pop without push");
                global_ = stack_.back();
                stack_.pop_back();
                break;
            default:
                break;  // Units, designators, strings, delimiters: nothing a till needs.
        }
        return {};
    }

    /// A usage of four bytes brings its page along.
    HidUsage full(const Item& item) const {
        return item.size == 4 ? item.value
                              : hid_usage(global_.page, static_cast<std::uint16_t>(item.value));
    }

    Result<void> add_usage(HidUsage usage) {
        if (usages_.size() == usages_max) return bad("too many usages");
        usages_.push_back({usage, usage});
        return {};
    }

    Result<void> add_range(HidUsage last) {
        if (usages_.size() == usages_max) return bad("too many usages");
        if (!usage_min_) return bad("usage maximum without minimum");
        if (last < *usage_min_) return bad("usage range is empty");
        usages_.push_back({*std::exchange(usage_min_, {}), last});
        return {};
    }

    Result<void> open() {
        if (collections_.size() == HidDescriptor::depth_max) return bad("nested too deep");
        const HidUsage usage = usages_.empty() ? 0 : usages_.front().first;
        if (collections_.empty()) out_.applications_.push_back(usage);
        collections_.push_back(usage);
        forget_locals();
        return {};
    }

    Result<void> close() {
        if (collections_.empty()) return bad("an end without a collection");
        collections_.pop_back();
        forget_locals();
        return {};
    }

    Result<void> add(HidReportKind kind, std::uint32_t flags) {
        if (out_.fields_.size() == HidDescriptor::fields_max) return bad("too many fields");
        constexpr std::uint64_t bits_max = HidDescriptor::report_bytes_max * 8;
        const std::uint64_t bits = std::uint64_t{global_.size} * global_.count;
        auto& used = used_[{kind, global_.report_id}];
        if (bits > bits_max || used + bits > bits_max) return bad("a report is too large");
        const std::uint32_t at = used + (global_.report_id != 0 ? 8 : 0);
        used += static_cast<std::uint32_t>(bits);
        const bool constant = (flags & 1) != 0;
        // An element of more than 32 bits is no number a till reads: it is kept as padding.
        const bool wide = global_.size > 32;
        if (bits != 0) {
            HidField field{.kind = kind, .report_id = global_.report_id};
            field.constant = constant || wide;
            field.variable = (flags & 2) != 0;
            field.bit_offset = at;
            field.bits = wide ? 1 : global_.size;
            field.count = wide ? static_cast<std::uint32_t>(bits) : global_.count;
            field.logical_min = global_.logical_min;
            field.logical_max = global_.logical_max;
            if (!field.constant) field.usages = usages_;
            field.collection = collections_.empty() ? 0 : collections_.back();
            field.application = collections_.empty() ? 0 : collections_.front();
            out_.fields_.push_back(std::move(field));
        }
        forget_locals();
        return {};
    }

    void forget_locals() {
        usages_.clear();
        usage_min_.reset();
    }

    HidDescriptor out_;
    Globals global_;
    std::vector<Globals> stack_;
    std::vector<HidUsage> collections_;
    std::vector<HidField::Usages> usages_;
    std::optional<HidUsage> usage_min_;
    std::map<std::pair<HidReportKind, std::uint8_t>, std::uint32_t> used_;
};

Result<HidDescriptor> HidDescriptor::parse(BytesView bytes) {
    return HidDescriptorReader{}.read(bytes);
}

bool HidDescriptor::has_application(HidUsage usage) const {
    return std::ranges::find(applications_, usage) != applications_.end();
}

const HidField* HidDescriptor::find(HidReportKind kind, HidUsage usage,
                                    std::optional<std::uint8_t> report_id) const {
    const auto at = std::ranges::find_if(fields_, [&](const HidField& field) {
        return field.kind == kind && !field.constant
               && (!report_id || field.report_id == *report_id) && field.has(usage);
    });
    return at == fields_.end() ? nullptr : &*at;
}

std::size_t HidDescriptor::report_bytes(HidReportKind kind, std::uint8_t report_id) const {
    std::size_t bits = 0;
    for (const auto& field : fields_)
        if (field.kind == kind && field.report_id == report_id)
            bits = std::max(bits,
                            std::size_t{field.bit_offset} + std::size_t{field.bits} * field.count);
    return (bits + 7) / 8;
}

std::size_t HidDescriptor::largest_report(HidReportKind kind) const {
    std::size_t bits = 0;
    for (const auto& field : fields_)
        if (field.kind == kind)
            bits = std::max(bits,
                            std::size_t{field.bit_offset} + std::size_t{field.bits} * field.count);
    return (bits + 7) / 8;
}

std::optional<std::uint32_t> read_element(BytesView report, const HidField& field,
                                          std::size_t index) {
    const std::size_t first = field.bit_offset + std::size_t{field.bits} * index;
    if (index >= field.count || first + field.bits > report.size() * 8) return std::nullopt;
    const auto bytes = octets(report);
    std::uint32_t value = 0;
    for (std::uint32_t bit = 0; bit < field.bits; ++bit) {
        const std::size_t at = first + bit;
        value |= std::uint32_t{static_cast<std::uint8_t>(bytes[at / 8] >> (at % 8) & 1)} << bit;
    }
    return value;
}

std::optional<std::int32_t> read_signed(BytesView report, const HidField& field,
                                        std::size_t index) {
    const auto value = read_element(report, field, index);
    if (!value) return std::nullopt;
    if (field.logical_min >= 0 || field.bits >= 32) return static_cast<std::int32_t>(*value);
    const std::uint32_t sign = std::uint32_t{1} << (field.bits - 1);
    return static_cast<std::int32_t>((*value ^ sign) - sign);
}

}  // namespace till::drivers
