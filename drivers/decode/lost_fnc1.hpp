#pragma once

#include "drivers/decode/dictionary.hpp"

#include <string_view>

namespace till::drivers {

// A scanner, or the keyboard emulation behind it, that drops FNC1 makes one long value out of
// several. What is left cannot be taken apart with certainty, so that these only raise suspicion,
// for the report that names the scanner.

/// GS1 data in which a separator seems to be missing: a value that needs one holds, at its end,
/// elements whose check digits or dates are right.
bool lost_separator(std::string_view data, const Dictionary& dictionary);

/// Plain text that seems to be GS1 data whose first FNC1 was lost: it begins with AI 01 and a
/// GTIN with a right check digit, and all of it reads as elements.
bool lost_first_fnc1(std::string_view text, const Dictionary& dictionary);

}  // namespace till::drivers
