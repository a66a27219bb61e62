#include "agent/core/decimal.hpp"

#include <array>
#include <limits>

namespace till {

namespace {

__extension__ using Wide = __int128;

constexpr std::array<std::int64_t, 19> powers = [] {
    std::array<std::int64_t, 19> table{1};
    for (std::size_t i = 1; i < table.size(); ++i) table[i] = table[i - 1] * 10;
    return table;
}();

std::int64_t power_of_ten(int exponent) { return powers[static_cast<std::size_t>(exponent)]; }

Result<std::int64_t> narrow(Wide value) {
    if (value > std::numeric_limits<std::int64_t>::max()
        || value < std::numeric_limits<std::int64_t>::min())
        return Error{Errc::out_of_range, "number does not fit 64 bits"};
    return static_cast<std::int64_t>(value);
}

Wide divide_half_away(Wide numerator, Wide divisor) {
    if (divisor < 0) {
        numerator = -numerator;
        divisor = -divisor;
    }
    const Wide half = divisor / 2 + divisor % 2;
    const Wide quotient = numerator / divisor, remainder = numerator % divisor;
    if (remainder >= half && remainder > 0) return quotient + 1;
    if (-remainder >= half && remainder < 0) return quotient - 1;
    return quotient;
}

/// value × 10^-from as a count of 10^-to.
Wide rescale(Wide value, int from, int to) {
    for (; from < to; ++from) value *= 10;
    if (from == to) return value;
    Wide divisor = 1;
    for (; from > to; --from) divisor *= 10;
    return divide_half_away(value, divisor);
}

}  // namespace

Result<Decimal> Decimal::parse(std::string_view text) {
    const Error refusal{Errc::malformed,
                        "not a decimal number",
                        {},
                        "digits with at most 9 decimals after a point, e.g. 12.345"};
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    std::int64_t mantissa = 0;
    int scale = 0, digits = 0;
    bool point = false;
    for (const char c : text) {
        if (c == '.' && !point && digits > 0) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9' || (point && ++scale > scale_max)) return refusal;
        ++digits;
        if (__builtin_mul_overflow(mantissa, 10, &mantissa)
            || __builtin_add_overflow(mantissa, c - '0', &mantissa))
            return Error{Errc::out_of_range, "number does not fit 64 bits"};
    }
    if (digits == 0 || (point && scale == 0)) return refusal;
    return Decimal{negative ? -mantissa : mantissa, scale};
}

std::string Decimal::text() const {
    // The magnitude as unsigned, so that the most negative mantissa prints too.
    const auto magnitude = mantissa_ < 0 ? 0 - static_cast<std::uint64_t>(mantissa_)
                                         : static_cast<std::uint64_t>(mantissa_);
    std::string digits = std::to_string(magnitude);
    const auto decimals = static_cast<std::size_t>(scale_);
    if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
    if (decimals > 0) digits.insert(digits.size() - decimals, 1, '.');
    return mantissa_ < 0 ? "-" + digits : digits;
}

Result<std::int64_t> Decimal::rounded_to(int scale) const {
    return narrow(rescale(mantissa_, scale_, scale));
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
    const Wide left = static_cast<Wide>(a.mantissa_) * power_of_ten(b.scale_);
    const Wide right = static_cast<Wide>(b.mantissa_) * power_of_ten(a.scale_);
    return left < right   ? std::strong_ordering::less
           : left > right ? std::strong_ordering::greater
                          : std::strong_ordering::equal;
}

Result<std::int64_t> multiply_rounded(const Decimal& a, const Decimal& b, int scale) {
    const Wide product = static_cast<Wide>(a.mantissa()) * b.mantissa();
    const int product_scale = a.scale() + b.scale();
    // Scaling up multiplies; refuse before 128 bits overflow (they cannot when |product| < 2^95).
    const Wide bound = static_cast<Wide>(1) << 95;
    if (product > bound || product < -bound) return Error{Errc::out_of_range, "product too large"};
    return narrow(rescale(product, product_scale, scale));
}

Result<std::int64_t> scale_rounded(std::int64_t numerator, std::int64_t a, std::int64_t b) {
    return narrow(divide_half_away(static_cast<Wide>(numerator) * a, b));
}

}  // namespace till
