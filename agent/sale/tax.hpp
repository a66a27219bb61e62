#pragma once

#include "agent/core/decimal.hpp"
#include "agent/core/result.hpp"
#include "agent/sale/rules.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace till {

/// One line as the tax computation sees it.
struct Taxable {
    std::string code;
    Decimal rate;          ///< Per cent, 0 to 1000.
    bool included = true;  ///< The amount contains the tax.
    std::int64_t amount = 0;
};

/// The tax of each line, in minor units. They add up, per (code, rate, included) and over the
/// receipt, to what `rounding` says the rounded sums are. A return's taxes mirror the sale's.
Result<std::vector<std::int64_t>> line_taxes(std::span<const Taxable> lines, TaxRounding rounding);

}  // namespace till
