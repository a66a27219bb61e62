#pragma once

#include "agent/core/result.hpp"
#include "agent/customer/identifier.hpp"

#include <google/protobuf/message.h>

namespace till {

/// Keeps card data out of what is stored (PCI DSS 3.3.1, 3.4.1). Walks every text of a command:
/// - track data is refused, whoever sends it (Error::field names the place, never the data);
/// - what looks like a card number is masked to its first six and last four digits: in free text
///   anything of 13 to 19 digits that passes Luhn, in numbers that another system made (order,
///   receipt, source, reference …) only what also begins like a brand's cards;
/// - a GTIN field with a valid check digit, an SKU that is a GTIN, and customer identifiers are left
///   alone: seal_customer() judges those.
/// True when something was masked.
Result<bool> guard_cards(google::protobuf::Message& command, const IdentifierRules& rules);

/// Is it a card number, and none of this shop's loyalty cards?
bool looks_like_card(std::string_view text, const IdentifierRules& rules);

/// May this stand in clear as an idempotency key or the like? Fails with malformed.
Result<void> check_no_card(std::string_view text, const char* field);

}  // namespace till
