#pragma once

#include "agent/core/clock.hpp"
#include "agent/sale/item.hpp"
#include "agent/sale/rules.hpp"

namespace till {

/// A POSLog RetailTransaction out of what a door was told. Integers throughout: an extended amount
/// is rounded once, discounts on the transaction are shared out over its lines by largest
/// remainder, and lines + taxes on top + cash rounding = totals.gross, always.
///
/// A till of ours (no `source`) is refused with the path of the field at fault and what would do.
/// With `source` only what cannot be decoded is refused; everything else is stored as it stands,
/// amounts that the source states are kept verbatim and each objection becomes a doubt. Lines of a
/// foreign source that state no tax have none: we invent nothing.
///
/// `now` stands for times the caller leaves out. Pure; linear in the number of lines.
Result<v1::RetailTransaction> build_transaction(const v1::RecordTransaction& command,
                                                const SaleRules& rules, const SaleLimits& limits,
                                                WallTime now);

}  // namespace till
