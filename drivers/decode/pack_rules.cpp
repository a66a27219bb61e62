#include "drivers/decode/pack_rules.hpp"

#include <algorithm>

namespace till::drivers {

namespace {

bool contradict(std::string_view a, std::string_view b) {
    return !a.empty() && !b.empty() && a != b;
}

std::string iso(std::chrono::year_month_day date) {
    const auto two = [](unsigned value) { return (value < 10 ? "0" : "") + std::to_string(value); };
    return std::to_string(static_cast<int>(date.year())) + "-"
           + two(static_cast<unsigned>(date.month())) + "-"
           + two(static_cast<unsigned>(date.day()));
}

/// A recall that names a lot or serial says nothing of a pack that does not show its own.
bool applies(const Recall& recall, const ItemFacts& item) {
    return recall.gtin == *item.gtin && (recall.lot.empty() || recall.lot == item.lot)
           && (recall.serial.empty() || recall.serial == item.serial);
}

}  // namespace

bool Presentation::Pack::has_2d() const noexcept { return std::ranges::any_of(symbologies, is_2d); }

Presentation::Answer Presentation::add(const SeenCode& code) {
    const auto belongs = [&](const Pack& pack) {
        if (pack.gtin != code.gtin || contradict(pack.serial, code.serial)
            || contradict(pack.lot, code.lot))
            return false;
        if (!code.serial.empty() && pack.serial == code.serial) return true;
        return std::ranges::find(pack.symbologies, code.symbology) == pack.symbologies.end();
    };
    const auto found = std::ranges::find_if(packs_, belongs);
    if (found == packs_.end()) {
        packs_.push_back({code.gtin, {code.symbology}, code.lot, code.serial});
        return {packs_.size() - 1, true};
    }
    if (std::ranges::find(found->symbologies, code.symbology) == found->symbologies.end())
        found->symbologies.push_back(code.symbology);
    if (found->lot.empty()) found->lot = code.lot;
    if (found->serial.empty()) found->serial = code.serial;
    return {static_cast<std::size_t>(found - packs_.begin()), false};
}

std::vector<SaleFinding> check_sale(const ItemFacts& item, SaleMoment now,
                                    std::span<const Recall> recalls) {
    std::vector<SaleFinding> out;
    using enum SaleFinding::Kind;
    if (item.expires) {
        const bool minute_passed =
            *item.expires == now.day && item.expires_minute && now.minute > *item.expires_minute;
        if (now.day > *item.expires || minute_passed)
            out.push_back({expired, true,
                           std::string{item.expires_minute ? "AI 7003" : "AI 17"} + ": expired "
                               + iso(*item.expires)});
    }
    if (item.gtin)
        for (const auto& recall : recalls)
            if (applies(recall, item))
                out.push_back({recalled, true,
                               "recalled" + (recall.lot.empty() ? "" : ", lot " + recall.lot)
                                   + (recall.serial.empty() ? "" : ", serial " + recall.serial)
                                   + ": " + recall.reason});
    if (item.best_before && now.day > *item.best_before)
        out.push_back({past_best_before, false, "AI 15: best before " + iso(*item.best_before)});
    if (item.sell_by && now.day > *item.sell_by)
        out.push_back({past_sell_by, false, "AI 16: sell by " + iso(*item.sell_by)});
    return out;
}

}  // namespace till::drivers
