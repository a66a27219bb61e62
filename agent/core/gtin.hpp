#pragma once

#include <cstdint>
#include <string_view>

namespace till {

/// A GTIN of 8, 12, 13 or 14 digits with a valid check digit (GS1 General Specifications 7.9), as
/// a number; 0 when it is not one.
std::uint64_t gtin_number(std::string_view digits);

}  // namespace till
