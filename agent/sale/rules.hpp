#pragma once

#include "agent/core/decimal.hpp"
#include "agent/core/money.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace till {

/// A TaxRuleID of the settings: the rate in per cent, and whether shelf prices contain it.
struct TaxRule {
    std::string code;
    Decimal rate;
    bool included = true;
};

/// Where a tax amount is rounded to whole minor units. In every mode the line taxes add up to the
/// receipt's: what is rounded over several lines is shared out by the largest-remainder method.
enum class TaxRounding : std::uint8_t { line, rate, receipt };

/// How a shop computes. Nothing here is a default of ours: the settings decide.
struct SaleRules {
    Currency currency;  ///< The store's, with its operational decimals.
    std::vector<TaxRule> taxes;
    std::string default_tax;  ///< Code of the rule for a line that names none; empty: untaxed.
    TaxRounding tax_rounding = TaxRounding::line;
    std::int64_t cash_step = 1;  ///< Cash is settled in multiples of this many minor units.
};

/// How far a role may go on its own, in minor units and per cent. Absent: no limit.
struct SaleLimits {
    std::optional<std::int64_t> unreferenced_return_max;  ///< Sum over a transaction.
    std::optional<std::int64_t> refund_max;               ///< Money handed back.
    std::optional<Decimal> discount_percent_max;          ///< Of a line, all discounts together.
};

}  // namespace till
