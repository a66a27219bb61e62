#pragma once

#include "agent/sale/item.hpp"
#include "agent/sale/rules.hpp"

namespace till {

/// Reads the tenders, rounds what is due in cash, gives change for cash and fills tenders,
/// cash_rounding, and the tendered, applied and change totals. `totals.gross` must be the sum due
/// before rounding; afterwards it contains the rounding.
///
/// Only approved tenders pay; the others are kept as they are. On a refund amounts are negative.
Result<void> settle(const v1::RecordTransaction& command, const SaleRules& rules,
                    const SaleLimits& limits, Judge& judge, v1::RetailTransaction& transaction);

}  // namespace till
