#pragma once

#include "agent/core/result.hpp"
#include "sync/wire/events.pb.h"

#include <string>
#include <string_view>
#include <vector>

namespace till {

namespace v1 = tillstream::v1;

/// What normalising and the card rule need to know of the shop.
struct IdentifierRules {
    std::string default_country = "TW";         ///< ISO 3166-1; of phone numbers without "+".
    std::vector<std::string> loyalty_prefixes;  ///< Digits that only this shop's cards begin with.
};

/// The one form of an identifier under which the centre computes its token:
/// - phone: E.164 ("+886912345678"), trunk prefix dropped, length checked where the plan is known;
/// - e-mail: trimmed and in lower case; for gmail.com without dots and without a +suffix;
/// - loyalty card and customer number: capitals and digits, blanks and dashes dropped;
/// - VAT number: the same, with the country's letters kept; eight-digit Taiwan numbers are checked;
/// - Taiwan carrier (手機條碼): "/" and seven characters of 0-9 A-Z . + -.
/// Fails with malformed, saying what is allowed but never repeating the value.
Result<std::string> normalise(v1::IdentifierType type, std::string_view value,
                              const IdentifierRules& rules);

/// E.164 from what a person writes: "+", "00" or the country's own way. `country` is ISO 3166-1.
Result<std::string> normalise_phone(std::string_view text, std::string_view country);

}  // namespace till
