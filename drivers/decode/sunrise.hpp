#pragma once

#include "drivers/decode/pack_rules.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace till::drivers {

/// Figures for "Sunrise 2027", the retail trade's plan to read 2D codes at every point of sale:
/// how far the packs are, and whether the scanners are.
struct SunriseFigures {
    std::uint64_t packs = 0;
    std::uint64_t packs_with_2d = 0;  ///< That carried a 2D code this scanner read.
    std::uint64_t scans = 0;
    std::uint64_t fnc1_missing = 0;  ///< Scans that look as if FNC1 had been dropped.

    /// In thousandths, so that nobody has to compare doubles; 0 without packs.
    std::uint64_t share_2d_permille() const noexcept {
        return packs == 0 ? 0 : packs_with_2d * 1000 / packs;
    }
};

/// Counts per scanner.
class SunriseCounts {
public:
    void add_scan(std::string_view scanner, bool fnc1_missing);
    /// At the end of a presentation.
    void add_packs(std::string_view scanner, const Presentation& presentation);
    const std::map<std::string, SunriseFigures, std::less<>>& by_scanner() const noexcept {
        return by_scanner_;
    }

private:
    SunriseFigures& of(std::string_view scanner);
    std::map<std::string, SunriseFigures, std::less<>> by_scanner_;
};

}  // namespace till::drivers
