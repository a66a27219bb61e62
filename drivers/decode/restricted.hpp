#pragma once

#include "agent/core/decimal.hpp"
#include "agent/core/result.hpp"
#include "drivers/decode/gtin.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace till::drivers {

/// Where a shop's own number (GS1 prefixes 02, 04 and 20 to 29) holds what. The layout is set by
/// the national GS1 office or by the shop, so it is configuration.
///
/// `layout` has thirteen characters, for the digits of the EAN-13: a digit stands for itself,
/// I is the item, P the price, W the weight, V the check digit of price or weight, X says nothing,
/// C the check digit of the EAN. "20IIIIIVPPPPC" is the British layout.
class RestrictedPattern {
public:
    /// Fails with `malformed` when the layout makes no sense. `decimals` (0 to 4) belong to price
    /// or weight; weights are in kilograms.
    static Result<RestrictedPattern> make(std::string_view name, std::string_view layout,
                                          int decimals);

    const std::string& name() const noexcept { return name_; }
    const std::string& layout() const noexcept { return layout_; }
    int decimals() const noexcept { return decimals_; }

private:
    RestrictedPattern() = default;
    std::string name_;
    std::string layout_;
    int decimals_ = 0;
};

/// Whether a GTIN belongs to a shop or region rather than to a brand: its layout is not GS1's.
bool is_restricted(const Gtin& gtin);

/// What a shop's own number says.
struct RestrictedItem {
    const RestrictedPattern* pattern = nullptr;
    std::uint64_t item = 0;         ///< The item's own number, to be looked up in the price list.
    std::optional<Decimal> price;   ///< The *extended* amount: what this pack costs, not a rate.
    std::optional<Decimal> weight;  ///< Kilograms.
};

/// Reads a number by the first of `patterns` that fits it. Fails with `not_found` when none fits,
/// and with `malformed` when the check digit of price or weight is wrong. Allocates nothing but
/// for the error.
Result<RestrictedItem> read_restricted(const Gtin& gtin,
                                       std::span<const RestrictedPattern> patterns);

/// The check digit of a price or weight of four or five digits (GenSpecs 7.9.3 and 7.9.4); empty
/// for any other count.
std::optional<char> measure_check_digit(std::string_view digits);

/// A weight that nobody weighed: it was computed and must be shown and stored as such.
struct DerivedWeight {
    Decimal kilograms;
    static constexpr bool derived = true;
};

/// The weight behind an embedded price, in whole grams, for stock and statistics only.
Result<DerivedWeight> derive_weight(const Decimal& extended_price, const Decimal& price_per_kg);

}  // namespace till::drivers
