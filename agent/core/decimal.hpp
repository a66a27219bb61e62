#pragma once

#include "agent/core/result.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace till {

/// A number with an explicit count of decimals: 2.955 is mantissa 2955, scale 3. Unit prices,
/// quantities, rates. Never a double. 2.50 and 2.5 are the same number but keep their scale.
class Decimal {
public:
    static constexpr int scale_max = 9;

    constexpr Decimal() = default;
    /// scale must be 0 to scale_max.
    constexpr Decimal(std::int64_t mantissa, int scale) : mantissa_{mantissa}, scale_{scale} {}

    /// Reads "-12.345": optional sign, digits, optional point and decimals. Nothing else: no
    /// blanks, exponents, thousands separators or decimal commas.
    static Result<Decimal> parse(std::string_view text);

    constexpr std::int64_t mantissa() const noexcept { return mantissa_; }
    constexpr int scale() const noexcept { return scale_; }
    constexpr bool is_negative() const noexcept { return mantissa_ < 0; }
    constexpr bool is_zero() const noexcept { return mantissa_ == 0; }
    constexpr Decimal negated() const noexcept { return {-mantissa_, scale_}; }
    std::string text() const;

    /// The nearest multiple of 10^-scale, as an integer in that unit; halves round away from
    /// zero ("commercial rounding"). Fails when the result does not fit 64 bits.
    Result<std::int64_t> rounded_to(int scale) const;

    /// Compares as numbers: 2.50 equals 2.5.
    friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
    friend bool operator==(const Decimal& a, const Decimal& b) { return (a <=> b) == 0; }

private:
    std::int64_t mantissa_ = 0;
    int scale_ = 0;
};

/// a × b rounded once, half away from zero, to an integer count of 10^-scale. The product is
/// formed in 128 bits; fails only when the result does not fit 64.
Result<std::int64_t> multiply_rounded(const Decimal& a, const Decimal& b, int scale);

/// numerator × a / b rounded once, half away from zero. b must not be zero.
Result<std::int64_t> scale_rounded(std::int64_t numerator, std::int64_t a, std::int64_t b);

}  // namespace till
