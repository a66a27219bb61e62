#pragma once

#include "agent/core/result.hpp"

#include <array>
#include <string_view>

namespace till::drivers {

using Upc12 = std::array<char, 12>;

/// The UPC-A that the eight digits of a UPC-E symbol stand for (GenSpecs 5.2.2.4.2): number
/// system 0 or 1, six digits, check digit. Fails with `malformed` on anything else, a wrong check
/// digit included. Allocates nothing.
Result<Upc12> expand_upce(std::string_view digits);

/// The reverse; fails with `out_of_range` where no UPC-E exists for the number.
Result<std::array<char, 8>> compress_to_upce(std::string_view upc12);

}  // namespace till::drivers
