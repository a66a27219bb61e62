#pragma once

#include "drivers/decode/hid_descriptor.hpp"

#include <optional>
#include <string>

namespace till::drivers {

/// One symbol as a scanner sent it.
struct RawScan {
    std::string aim;   ///< "]E0"; empty where the scanner does not say.
    std::string data;  ///< Control characters kept, GS (FNC1) among them.
};

/// "]E04006381333931" as identifier and data.
RawScan split_aim(std::string text);

/// Where a HID POS bar code scanner (usage page 8C) puts what in its scanned-data report: read from
/// its descriptor, because no two makers agree.
struct ScanReportLayout {
    std::uint8_t report_id = 0;
    std::size_t report_bytes = 0;
    HidField data;
    std::optional<HidField> aim;
    std::optional<HidField> byte_count;
    std::optional<HidField> continued;

    /// Nothing when the descriptor is not that of such a scanner.
    static std::optional<ScanReportLayout> find(const HidDescriptor& descriptor);
};

/// Joins scanned-data reports to scans. A long symbol comes in pieces, each but the last saying that
/// more follows.
class ScanAssembler {
public:
    static constexpr std::size_t data_bytes_max = 8192;  ///< The fullest QR code holds 7,089.

    explicit ScanAssembler(ScanReportLayout layout) : layout_{std::move(layout)} {}

    /// Takes one input report; gives the scan that it completes. Other reports give nothing. Fails
    /// (malformed) where the report contradicts its layout, and drops what was begun.
    Result<std::optional<RawScan>> take(BytesView report);
    bool is_waiting() const { return begun_.has_value(); }
    void reset() { begun_.reset(); }  ///< The rest did not come.

private:
    ScanReportLayout layout_;
    std::optional<RawScan> begun_;
};

}  // namespace till::drivers
