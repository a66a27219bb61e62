#pragma once

#include "agent/core/result.hpp"
#include "drivers/decode/pack_rules.hpp"
#include "drivers/decode/scan_facts.hpp"

#include <boost/json/object.hpp>

#include <string_view>
#include <vector>

namespace till {

/// What a shop sets for its tills, read from a JSON file:
/// {"restricted": [{"name", "layout", "decimals"}],
///  "numbers": [{"name", "kind": "loyalty_card"|"phone", "prefix", "length_min", "length_max",
///               "luhn"}],
///  "recalls": [{"gtin", "lot", "serial", "reason"}]}; each list may be left out.
struct ShopRules {
    drivers::FactRules facts;
    std::vector<drivers::Recall> recalls;
};

/// Fails with the path of the field that is wrong.
Result<ShopRules> read_shop_rules(std::string_view json);

/// "2026-11-23"; fails with `malformed` on anything else.
Result<std::chrono::year_month_day> read_day(std::string_view text);

/// What a scan means to a till, for `tillctl decode`: {"meaning": "item", "gtin": …, …}, with what
/// speaks against selling it under "findings"; {"error": …} where it cannot be read.
boost::json::object till_answer(std::string_view scan, const drivers::Dictionary& dictionary,
                                const ShopRules& rules, drivers::SaleMoment now);

}  // namespace till
