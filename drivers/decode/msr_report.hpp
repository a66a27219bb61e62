#pragma once

#include "drivers/decode/hid_descriptor.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace till::drivers {

/// A swipe that is no payment card: its tracks without sentinels. Never a PAN.
struct LoyaltySwipe {
    std::vector<std::string> tracks;
};

/// Where a card reader puts its tracks: usage page 8E, or MagTek's FF00.
struct MsrReportLayout {
    struct Track {
        HidField length;
        HidField data;
    };
    std::vector<Track> tracks;
    std::uint8_t report_id = 0;

    /// Nothing when the descriptor is not that of a card reader that sends its tracks in clear.
    static std::optional<MsrReportLayout> find(const HidDescriptor& descriptor);
};

/// Whether a track must not leave the driver (PCI DSS 3.3): format code B, or 12 to 19 digits that
/// pass Luhn, wherever the track begins its number.
bool carries_pan(std::string_view track);

/// Reads a swipe and forgets it when any of its tracks carries a PAN: `forbidden`, and the error
/// says nothing of the card. The report is overwritten with zeros whatever comes of it. Nothing for
/// reports that are no swipe.
Result<std::optional<LoyaltySwipe>> read_swipe(std::span<std::uint8_t> report,
                                               const MsrReportLayout& layout);

}  // namespace till::drivers
