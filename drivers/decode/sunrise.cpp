#include "drivers/decode/sunrise.hpp"

namespace till::drivers {

SunriseFigures& SunriseCounts::of(std::string_view scanner) {
    const auto found = by_scanner_.find(scanner);
    return found != by_scanner_.end() ? found->second : by_scanner_[std::string{scanner}];
}

void SunriseCounts::add_scan(std::string_view scanner, bool fnc1_missing) {
    auto& figures = of(scanner);
    ++figures.scans;
    figures.fnc1_missing += fnc1_missing;
}

void SunriseCounts::add_packs(std::string_view scanner, const Presentation& presentation) {
    auto& figures = of(scanner);
    for (const auto& pack : presentation.packs()) {
        ++figures.packs;
        figures.packs_with_2d += pack.has_2d();
    }
}

}  // namespace till::drivers
