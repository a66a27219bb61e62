#pragma once

#include "drivers/decode/item_facts.hpp"
#include "drivers/decode/symbology.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace till::drivers {

/// One code seen on a pack, with copies of what a scan said, because the scan is gone by then.
struct SeenCode {
    Gtin gtin;
    Symbology symbology = Symbology::none;
    std::string lot;
    std::string serial;
};

/// The codes of one presentation: what a scanner saw while the clerk held up one thing, or several.
/// A pack with an EAN and a QR code is one item; two packs with the same EAN are two. The caller
/// says when a presentation ends (the scanner's trigger, or a pause): there is no clock here.
class Presentation {
public:
    struct Pack {
        Gtin gtin;
        std::vector<Symbology> symbologies;
        std::string lot;
        std::string serial;
        bool has_2d() const noexcept;
    };
    struct Answer {
        std::size_t pack;  ///< Its index in packs().
        bool is_new;       ///< False: the code belongs to a pack that was there.
    };

    /// Only different symbologies of one GTIN are taken for one pack. The same symbology again is
    /// another pack, unless both carry the same serial number; different serials or lots are
    /// always different packs.
    Answer add(const SeenCode& code);
    std::span<const Pack> packs() const noexcept { return packs_; }
    void clear() noexcept { packs_.clear(); }

private:
    std::vector<Pack> packs_;
};

/// A line of a recall list. Empty lot and serial: all of that GTIN.
struct Recall {
    Gtin gtin;
    std::string lot;
    std::string serial;
    std::string reason;  ///< For the clerk: "glass splinters, notice 2026-114".
};

/// Why an item must not be sold, or should be looked at.
struct SaleFinding {
    enum class Kind : std::uint8_t { expired, recalled, past_best_before, past_sell_by };
    Kind kind;
    bool blocks;         ///< Expired and recalled do; the others are the shop's policy.
    std::string reason;  ///< Names the AI and the date, or the recall.
};

/// Local time at the till.
struct SaleMoment {
    std::chrono::year_month_day day;
    int minute = 0;  ///< Of the day.
};

/// What speaks against selling the item now. Empty: nothing.
std::vector<SaleFinding> check_sale(const ItemFacts& item, SaleMoment now,
                                    std::span<const Recall> recalls);

}  // namespace till::drivers
