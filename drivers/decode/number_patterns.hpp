#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace till::drivers {

/// What a number that is no item may be. What it looks like differs from shop to shop, so the
/// patterns are configuration.
enum class NumberKind : std::uint8_t { loyalty_card, phone };

/// "A loyalty card begins with 6365, has 16 digits and ends with a Luhn digit."
struct NumberPattern {
    std::string name;
    NumberKind kind = NumberKind::loyalty_card;
    std::string prefix;          ///< Of the digits; may be empty.
    std::size_t length_min = 0;  ///< Of the digits, prefix included.
    std::size_t length_max = 0;
    bool luhn = false;  ///< ISO/IEC 7812-1: the last digit checks the others.
};

/// Whether the last digit is the Luhn digit of the others. False for anything but digits.
bool has_luhn_digit(std::string_view digits);

/// The first pattern that fits; nullptr when none does. A phone may be written with a leading +
/// and with blanks, dashes and brackets; a card may not.
const NumberPattern* find_number(std::string_view text, std::span<const NumberPattern> patterns);

/// Digits that look like a payment card (13 to 19 of them, an issuer's range, a Luhn digit) and
/// therefore must be neither stored nor logged, unless a loyalty pattern claims them.
bool looks_like_payment_card(std::string_view text);

}  // namespace till::drivers
