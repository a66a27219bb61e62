#include "drivers/decode/msr_report.hpp"

#include "drivers/decode/number_patterns.hpp"

#include <algorithm>

namespace till::drivers {

namespace {

constexpr std::uint16_t standard = 0x8E;
constexpr std::uint16_t magtek = 0xFF00;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A track as magnetic stripes carry it, without start and end sentinel.
std::string_view without_sentinels(std::string_view track) {
    while (track.ends_with('\0')) track.remove_suffix(1);
    if (track.starts_with('%') || track.starts_with(';') || track.starts_with('+'))
        track.remove_prefix(1);
    if (const auto end = track.find('?'); end != track.npos) track = track.substr(0, end);
    return track;
}

/// Whether a card's number may begin with the first digit and end at any length cards have.
bool begins_with_pan(std::string_view digits) {
    for (std::size_t size = 12; size <= std::min<std::size_t>(19, digits.size()); ++size)
        if (has_luhn_digit(digits.substr(0, size))) {
            // A run that goes on is a number of its own unless it is longer than any card's.
            if (size == digits.size() || digits.size() > 19) return true;
        }
    return false;
}

}  // namespace

bool carries_pan(std::string_view track) {
    const auto content = without_sentinels(track);
    if (track.starts_with('%') && (content.starts_with('B') || content.starts_with('b')))
        return true;
    std::string run;
    const auto judge = [&] {
        // Track 3 has a format code of two digits before the number.
        const std::string_view digits = run;
        const bool found =
            begins_with_pan(digits) || (digits.size() > 14 && begins_with_pan(digits.substr(2)));
        std::ranges::fill(run, '\0');
        run.clear();
        return found;
    };
    for (const char c : content) {
        if (is_digit(c)) run += c;
        // Numbers are printed, and on track 1 also written, in groups.
        else if (c != ' ' && c != '-' && judge())
            return true;
    }
    return judge();
}

std::optional<MsrReportLayout> MsrReportLayout::find(const HidDescriptor& descriptor) {
    struct Usages {
        HidUsage length, data;
    };
    constexpr std::array known{
        Usages{hid_usage(standard, 0x11), hid_usage(standard, 0x21)},
        Usages{hid_usage(standard, 0x12), hid_usage(standard, 0x22)},
        Usages{hid_usage(standard, 0x13), hid_usage(standard, 0x23)},
        Usages{hid_usage(magtek, 0x28), hid_usage(magtek, 0x30)},
        Usages{hid_usage(magtek, 0x29), hid_usage(magtek, 0x31)},
        Usages{hid_usage(magtek, 0x2A), hid_usage(magtek, 0x32)},
    };
    MsrReportLayout layout;
    for (const auto& usages : known) {
        const auto* length = descriptor.find(HidReportKind::input, usages.length);
        const auto* data = descriptor.find(HidReportKind::input, usages.data);
        if (length == nullptr || data == nullptr || !data->is_bytes()
            || length->report_id != data->report_id)
            continue;
        auto& track = layout.tracks.emplace_back(*length, *data);
        layout.report_id = data->report_id;
        // One item may hold all lengths, and more.
        std::uint32_t index = 0;
        while (index + 1 < length->count && length->usage(index) != usages.length) ++index;
        track.length.bit_offset += length->bits * index;
        track.length.count = 1;
    }
    if (layout.tracks.empty()) return std::nullopt;
    return layout;
}

Result<std::optional<LoyaltySwipe>> read_swipe(std::span<std::uint8_t> report,
                                               const MsrReportLayout& layout) {
    struct Wipe {
        std::span<std::uint8_t> bytes;
        ~Wipe() {
            // Volatile: a compiler may not decide that nobody looks any more.
            for (volatile std::uint8_t& byte : bytes) byte = 0;
        }
    };
    const Wipe wipe{report};
    const BytesView bytes = view(report);
    if (report.empty() || (layout.report_id != 0 && report[0] != layout.report_id))
        return std::nullopt;
    std::vector<std::string_view> tracks;
    for (const auto& track : layout.tracks) {
        const auto length = read_element(bytes, track.length);
        if (!length || *length > track.data.bytes()
            || track.data.first_byte() + *length > bytes.size())
            return Error{Errc::malformed, "card report: contradicts its descriptor"};
        tracks.push_back(bytes.substr(track.data.first_byte(), *length));
    }
    // One card: where one track has the number, the others have the name.
    if (std::ranges::any_of(tracks, carries_pan))
        return Error{Errc::forbidden, "a payment card was swiped and forgotten"};
    LoyaltySwipe swipe;
    for (const auto track : tracks)
        if (const auto content = without_sentinels(track); !content.empty())
            swipe.tracks.emplace_back(content);
    if (swipe.tracks.empty()) return std::nullopt;
    return swipe;
}

}  // namespace till::drivers
