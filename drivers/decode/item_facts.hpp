#pragma once

#include "agent/core/decimal.hpp"
#include "drivers/decode/element_string.hpp"
#include "drivers/decode/gtin.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace till::drivers {

/// The date of an AI, YYMMDD, with the century that GenSpecs 7.12 gives it as seen from `year`:
/// never more than 50 years ahead nor 49 back. Day 00 becomes the last day of the month. Empty
/// when the text is no date.
std::optional<std::chrono::year_month_day> read_date(std::string_view yymmdd, int year);

/// What an element string says of a trade item. Views into it.
struct ItemFacts {
    std::optional<Gtin> gtin;
    std::string_view lot;                                    ///< AI 10.
    std::string_view serial;                                 ///< AI 21.
    std::optional<std::chrono::year_month_day> expires;      ///< AI 17 or 7003: not sold after.
    std::optional<int> expires_minute;                       ///< Of that day, from AI 7003.
    std::optional<std::chrono::year_month_day> best_before;  ///< AI 15: may be sold after.
    std::optional<std::chrono::year_month_day> sell_by;      ///< AI 16: the shop's policy.
    std::optional<Decimal> weight_kg;                        ///< AI 310n; 320n converted.
    std::optional<std::uint64_t> count;                      ///< AI 30.
    /// AI 392n, 393n: the *extended* amount, what this pack costs.
    std::optional<Decimal> price;
    std::string_view currency;  ///< ISO 4217 numeric of AI 393n; empty: the shop's own.
};

/// Reads them; an element that is not about an item is passed over.
ItemFacts read_item(const ElementList& elements, int year);

}  // namespace till::drivers
