#pragma once

#include "drivers/decode/gtin.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace till::drivers {

enum class Publication : std::uint8_t { none, book, serial, music };

/// What a GTIN-13 says by its prefix: 978 and 979 books (ISBN), 979-0 music (ISMN), 977 serials.
Publication publication_of(const Gtin& gtin);

/// The ISSN in a 977 number: seven digits and their own check character, 0-9 or X (ISO 3297).
/// Empty when the GTIN is no serial.
std::optional<std::array<char, 8>> issn_of(const Gtin& gtin);

/// The ISBN-10 of a 978 number, with its own check character. Empty for 979 and other numbers.
std::optional<std::array<char, 10>> isbn10_of(const Gtin& gtin);

/// What an add-on symbol beside an EAN or UPC says.
struct AddOn {
    enum class Kind : std::uint8_t { issue, price, no_price, other };
    Kind kind = Kind::other;
    std::string_view digits;    ///< Two or five.
    std::string_view currency;  ///< ISO 4217, for a price of a known leading digit.
    std::int64_t price = 0;     ///< In hundredths.
};

/// Reads an add-on of two digits (the issue of a serial) or five (the price of a book: 5 and 6 are
/// US and Canadian dollars, 90000 says there is none). Empty for any other text.
std::optional<AddOn> read_addon(std::string_view digits);

}  // namespace till::drivers
