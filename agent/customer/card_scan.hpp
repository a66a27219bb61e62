#pragma once

#include <string>
#include <string_view>

namespace till {

/// Is there magnetic-stripe data in it (ISO 7813: "%B4111…^NAME^2512…", ";4111…=2512…"), with or
/// without its sentinels?
bool has_track_data(std::string_view text);

/// What counts as a card number.
enum class CardScan : std::uint8_t {
    free_text,  ///< 13 to 19 digits, blanks and dashes between them, that pass Luhn.
    number,     ///< For numbers other systems made: begins, is as long and is grouped as cards are,
                ///< and in several groups stands alone (a UUID is never one).
    key,        ///< The same, and stands alone in one piece as well: no letter touches it.
};

/// Replaces all but the first six and last four digits of each card number by '*'.
/// Does not move: the text keeps its length. True when something was masked. Linear.
bool mask_cards(std::string& text, CardScan scan);

/// Luhn's check (ISO 7812) over ASCII digits.
bool passes_luhn(std::string_view digits);

}  // namespace till
