#pragma once

#include <string>
#include <string_view>

namespace till {

/// Text for JSON from the bytes of a code: as they are where they are UTF-8, else each byte as the
/// character of that number (ISO 8859-1), because JSON has no bytes.
std::string json_text(std::string_view bytes);

/// Each byte as the character of that number, in UTF-8.
std::string latin1_to_utf8(std::string_view bytes);

/// The reverse; a text with a character above 255 is returned as it is.
std::string utf8_to_latin1(std::string_view text);

}  // namespace till
