#pragma once

#include "agent/api/builders.hpp"

namespace till {

/// What becomes of a customer's problems.
enum class Strictness : std::uint8_t {
    customer_wanted,  ///< The command is about her: every problem is refused.
    sale_first,       ///< Our own sale: a wrong field is refused, but a number that looks like a
                      ///< payment card is left out, because a sale is not rejected for one.
    keep,             ///< A foreign sale: nothing is refused; problems are doubts.
};

/// Seals `data` into `capture`, if it says anything. Fails with the field's path ("customer.…"), or
/// with unsupported when there is no sealing key. Doubts go to `doubts`, when given.
Result<void> seal_into(Capture& capture, const Situation& situation, const v1::CustomerData& data,
                       Strictness strictness, v1::ForeignSource* doubts = nullptr);

/// What a question for a customer names, normalised. What looks like a payment card is not asked about, here or at
/// the centre. Fails with malformed or out_of_range at "value".
Result<v1::Identifier> identifier_of(const v1::FindCustomer& wanted, const IdentifierRules& rules);

}  // namespace till
