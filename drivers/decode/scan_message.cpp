#include "drivers/decode/scan_message.hpp"

#include "drivers/decode/gtin.hpp"
#include "drivers/decode/linters.hpp"

#include <algorithm>

namespace till::drivers {

namespace {

constexpr std::string_view composite_mark = "|]e0";
constexpr std::size_t ean_13_digits = 13;
constexpr std::size_t ean_8_digits = 8;

/// Whether a plain text would be taken for GS1 data, or for an escape, if written as it is.
bool needs_escape(std::string_view text) {
    const auto first = text.find_first_not_of('\\');
    return first != std::string_view::npos && text[first] == fnc1;
}

Decoded<void> read_gs1(std::string_view text, const Dictionary& dictionary,
                       const DecodeOptions& options, ScanMessage& out) {
    if (text.find(fnc1) != std::string_view::npos)
        return Fault{"Scan data contains illegal ^ character"};
    out.text = text;
    return read_elements(text, group_separator, dictionary, options, out.elements);
}

Decoded<void> read_ean(std::string_view text, const Dictionary& dictionary,
                       const DecodeOptions& options, ScanMessage& out) {
    const auto size = out.symbology == Symbology::ean_8 ? ean_8_digits : ean_13_digits;
    if (text.size() < size) return Fault{"Primary scan data is too short"};
    const auto primary = text.substr(0, size);
    const auto rest = text.substr(size);
    const bool composite = rest.starts_with(composite_mark);
    if (!composite && !rest.empty()) return Fault{"Primary message is too long"};
    if (!std::ranges::all_of(primary, lint::is_digit))
        return Fault{"Primary message may only contain digits"};
    if (!has_mod10_check_digit(primary)) return Fault{"Primary message check digit is incorrect"};
    out.primary = primary;
    if (!composite) return {};
    out.content = Content::gs1;
    out.elements.begin_composite();
    return read_gs1(rest.substr(composite_mark.size()), dictionary, options, out);
}

void append_gs1(std::string_view text, std::string& out) {
    out += fnc1;
    for (const char c : text) out += c == group_separator ? fnc1 : c;
}

}  // namespace

Decoded<void> read_scan(std::string_view scan, const Dictionary& dictionary,
                        const DecodeOptions& options, ScanMessage& out) {
    out.elements.clear();
    out.ignored.clear();
    out.primary = out.text = {};
    out.is_uri = false;
    if (scan.size() < 3 || scan[0] != ']') return Fault{"Missing symbology identifier"};
    const auto* aim = find_aim(scan);
    if (aim == nullptr || !aim->gs1_carrier) return Fault{"Unsupported symbology identifier"};
    out.symbology = aim->symbology;
    out.content = aim->content;
    const auto text = scan.substr(3);
    switch (aim->content) {
        case Content::ean_upc:
        case Content::ean_addon:
            return read_ean(text, dictionary, options, out);
        case Content::gs1:
            return read_gs1(text, dictionary, options, out);
        case Content::plain:
            break;
    }
    out.text = text;
    if (!is_web_address(text)) return {};
    out.is_uri = true;
    return read_digital_link(text, dictionary, options, out.storage, out.elements, out.ignored);
}

std::string message_data(const ScanMessage& message) {
    std::string out{message.primary};
    if (message.content == Content::gs1) {
        if (!out.empty()) out += '|';
        append_gs1(message.text, out);
        return out;
    }
    if (!message.text.empty()) {
        if (needs_escape(message.text)) out += '\\';
        out += message.text;
    }
    return out;
}

namespace {

/// Data to be sent as a scan: its parts, read and found good.
struct Outgoing {
    std::string_view linear;
    std::optional<std::string_view> composite;
    ElementList elements;
};

Decoded<void> take_apart(std::string_view data, const Dictionary& dictionary,
                         const DecodeOptions& options, Outgoing& out) {
    const auto bar = data.find('|');
    out.linear = data.substr(0, bar);
    if (is_web_address(data)) {
        out.linear = data;
        std::string storage;
        std::vector<std::string_view> ignored;
        if (auto good =
                read_digital_link(data, dictionary, options, storage, out.elements, ignored);
            !good)
            return good;
        return check_associations(out.elements, options);
    }
    if (out.linear.starts_with(fnc1))
        if (auto good =
                read_elements(out.linear.substr(1), fnc1, dictionary, options, out.elements);
            !good)
            return good;
    if (bar != std::string_view::npos) {
        out.composite = data.substr(bar + 1);
        if (!out.composite->starts_with(fnc1)) return Fault{"Missing FNC1 in first position"};
        out.elements.begin_composite();
        if (auto good =
                read_elements(out.composite->substr(1), fnc1, dictionary, options, out.elements);
            !good)
            return good;
    }
    return check_associations(out.elements, options);
}

/// GS1 data after a symbology identifier: the first FNC1 goes, the others become GS.
std::string transmitted(std::string_view gs1_data) {
    std::string out{gs1_data.substr(1)};
    std::ranges::replace(out, fnc1, group_separator);
    return out;
}

Decoded<std::string> primary_digits(std::string_view linear, std::size_t size,
                                    const DecodeOptions& options) {
    const auto given = options.add_check_digit ? size - 1 : size;
    if (linear.size() != given)
        return Fault{"Primary data must be " + std::to_string(given) + " digits"
                     + (options.add_check_digit ? " without check digit" : "")};
    if (!std::ranges::all_of(linear, lint::is_digit))
        return Fault{"Primary data must be all digits"};
    std::string digits{linear};
    if (options.add_check_digit) digits += mod10_check_digit(digits);
    if (!has_mod10_check_digit(digits)) return Fault{"Primary data check digit is incorrect"};
    return digits;
}

Decoded<std::string> write_matrix(Symbology symbology, std::string_view data,
                                  const Outgoing& parts) {
    const bool gs1 = parts.linear.starts_with(fnc1);
    std::string out = "]";
    out.append(aim_of(symbology, gs1 ? Content::gs1 : Content::plain)->code, 2);
    if (gs1) return out + transmitted(parts.linear);
    if (needs_escape(data)) data.remove_prefix(1);
    return out += data;
}

/// GS1-128 and DataBar Expanded, which send a composite part as more of the same message.
Decoded<std::string> write_linear(Symbology symbology, const Outgoing& parts) {
    if (!parts.linear.starts_with(fnc1)) return Fault{"Missing FNC1 in first position"};
    const bool gs1_128 = symbology != Symbology::data_bar_expanded;
    std::string out = gs1_128 && !parts.composite ? "]C1" : "]e0";
    out += transmitted(parts.linear);
    if (!parts.composite) return out;
    const auto& last = parts.elements.all()[parts.elements.composite_at() - 1];
    if (last.entry->needs_separator && !out.ends_with(group_separator)) out += group_separator;
    return out + transmitted(*parts.composite);
}

Decoded<std::string> write_data_bar(Symbology symbology, const Outgoing& parts,
                                    const DecodeOptions& options) {
    auto linear = parts.linear;
    if (linear.starts_with("^01")) linear.remove_prefix(3);
    auto digits = primary_digits(linear, 14, options);
    if (!digits) return digits;
    if (symbology == Symbology::data_bar_limited && *digits > "19999999999999")
        return Fault{"Primary data item value is too large"};
    return "]e001" + *digits + (parts.composite ? transmitted(*parts.composite) : "");
}

Decoded<std::string> write_ean(Symbology symbology, const Outgoing& parts,
                               const DecodeOptions& options) {
    const std::size_t size = symbology == Symbology::ean_13  ? 13
                             : symbology == Symbology::ean_8 ? 8
                                                             : 12;
    auto linear = parts.linear;
    const auto zeros = std::string_view{"^01000000"}.substr(0, 17 - size);
    if (linear.starts_with(zeros)) linear.remove_prefix(zeros.size());
    auto digits = primary_digits(linear, size, options);
    if (!digits) return digits;
    std::string out = size == 8 ? "]E4" : size == 12 ? "]E00" : "]E0";
    out += *digits;
    if (parts.composite) out += std::string{composite_mark} + transmitted(*parts.composite);
    return out;
}

}  // namespace

Decoded<std::string> write_scan(Symbology symbology, std::string_view data,
                                const Dictionary& dictionary, const DecodeOptions& options) {
    Outgoing parts;
    if (auto good = take_apart(data, dictionary, options, parts); !good)
        return std::move(good).error();
    using enum Symbology;
    switch (symbology) {
        case qr:
        case data_matrix:
        case dot_code:
            return write_matrix(symbology, data, parts);
        case gs1_128_cca:
        case gs1_128_ccc:
        case data_bar_expanded:
            return write_linear(symbology, parts);
        case data_bar_omni:
        case data_bar_truncated:
        case data_bar_stacked:
        case data_bar_stacked_omni:
        case data_bar_limited:
            return write_data_bar(symbology, parts, options);
        case upc_a:
        case upc_e:
        case ean_13:
        case ean_8:
            return write_ean(symbology, parts, options);
        default:
            return Fault{"Unknown symbology"};
    }
}

}  // namespace till::drivers
