#pragma once

#include "agent/sale/item.hpp"
#include "agent/sale/rules.hpp"

#include <google/protobuf/repeated_field.h>

namespace till {

using CommandDiscounts = google::protobuf::RepeatedPtrField<v1::CommandDiscount>;
using Discounts = google::protobuf::RepeatedPtrField<v1::Discount>;

/// Reads discounts on `base` (negative on a return, and then so are they) into `into`; the sum of
/// their amounts. Objects to what is not between nothing and the whole base.
Result<std::int64_t> read_discounts(const CommandDiscounts& said, std::int64_t base,
                                    Currency currency, const std::string& field, Judge& judge,
                                    Discounts& into);

/// Takes `total` off the lines it applies to, pro rata: sale lines when there are any, else return
/// lines; never voided lines, gift cards or deposits, which are worth what they say.
Result<void> spread_discount(std::int64_t total, v1::RetailTransaction& transaction, Judge& judge);

/// What transaction discounts are computed on.
std::int64_t discountable(const v1::RetailTransaction& transaction);

/// Objects to a line that gives more off than the role may.
Result<void> check_discounts(const v1::RetailTransaction& transaction, const SaleLimits& limits,
                             Judge& judge);

}  // namespace till
