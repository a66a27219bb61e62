#include "drivers/decode/restricted.hpp"

#include "drivers/decode/linters.hpp"

#include <algorithm>
#include <array>

namespace till::drivers {

namespace {

// GenSpecs 7.9.2: the weighted product of each digit, 0 to 9, by weighting factor.
constexpr std::string_view two_minus = "0246891357";
constexpr std::string_view three = "0369258147";
constexpr std::string_view five_plus = "0516273849";
constexpr std::string_view five_minus = "0594837261";

int product(std::string_view table, char digit) {
    return lint::digit(table[static_cast<std::size_t>(lint::digit(digit))]);
}

constexpr int decimals_max = 4;
constexpr std::size_t ean_digits = 13;

}  // namespace

Result<RestrictedPattern> RestrictedPattern::make(std::string_view name, std::string_view layout,
                                                  int decimals) {
    if (layout.size() != ean_digits || layout.back() != 'C')
        return Error{Errc::malformed, "a layout has 13 characters, the last of them C", "layout",
                     "20IIIIIVPPPPC"};
    if (layout.find_first_not_of("0123456789IPWVXC") != std::string_view::npos)
        return Error{Errc::malformed, "a character that means nothing", "layout",
                     "digits, I P W V X C"};
    const bool price = layout.find('P') != std::string_view::npos;
    const bool weight = layout.find('W') != std::string_view::npos;
    if (layout.find('I') == std::string_view::npos || (price && weight)
        || !lint::is_digit(layout[0]) || !lint::is_digit(layout[1]))
        return Error{Errc::malformed, "a prefix, an item and at most one of price and weight",
                     "layout", "20IIIIIVPPPPC"};
    const auto measure = std::ranges::count(layout, price ? 'P' : 'W');
    if (layout.find('V') != std::string_view::npos && measure != 4 && measure != 5)
        return Error{Errc::malformed, "V checks four or five digits", "layout", "20IIIIIVPPPPC"};
    if (decimals < 0 || decimals > decimals_max)
        return Error{Errc::out_of_range, "too many decimals", "decimals", "0 to 4"};
    RestrictedPattern out;
    out.name_ = name;
    out.layout_ = layout;
    out.decimals_ = decimals;
    return out;
}

bool is_restricted(const Gtin& gtin) {
    const auto digits = gtin.text();
    if (digits[0] != '0' || digits.starts_with("000000")) return false;  // GTIN-14, GTIN-8.
    return digits[1] == '2' || digits.starts_with("002") || digits.starts_with("004");
}

std::optional<char> measure_check_digit(std::string_view digits) {
    if (!std::ranges::all_of(digits, lint::is_digit)) return {};
    constexpr std::array four{two_minus, two_minus, three, five_minus};
    constexpr std::array five{five_plus, two_minus, five_minus, five_plus, two_minus};
    int sum = 0;
    if (digits.size() == four.size()) {
        for (std::size_t i = 0; i < four.size(); ++i) sum += product(four[i], digits[i]);
        return static_cast<char>('0' + sum * 3 % 10);
    }
    if (digits.size() != five.size()) return {};
    for (std::size_t i = 0; i < five.size(); ++i) sum += product(five[i], digits[i]);
    const auto complement = static_cast<char>('0' + (10 - sum % 10) % 10);
    return static_cast<char>('0' + static_cast<int>(five_minus.find(complement)));
}

Result<RestrictedItem> read_restricted(const Gtin& gtin,
                                       std::span<const RestrictedPattern> patterns) {
    const auto digits = gtin.text().substr(1);
    const auto fits = [&](const RestrictedPattern& pattern) {
        for (std::size_t i = 0; i < ean_digits; ++i)
            if (lint::is_digit(pattern.layout()[i]) && pattern.layout()[i] != digits[i])
                return false;
        return true;
    };
    const auto pattern =
        is_restricted(gtin) ? std::ranges::find_if(patterns, fits) : patterns.end();
    if (pattern == patterns.end())
        return Error{Errc::not_found, "no pattern of this shop fits the number"};

    RestrictedItem out{&*pattern, 0, {}, {}};
    std::array<char, ean_digits> measure{};
    std::size_t count = 0;
    char kind = 0;
    char check = 0;
    for (std::size_t i = 0; i < ean_digits; ++i) {
        const char role = pattern->layout()[i];
        if (role == 'I')
            out.item = out.item * 10 + static_cast<std::uint64_t>(lint::digit(digits[i]));
        if (role == 'V') check = digits[i];
        if (role != 'P' && role != 'W') continue;
        kind = role;
        measure[count++] = digits[i];
    }
    if (count == 0) return out;
    const std::string_view value{measure.data(), count};
    if (check != 0 && measure_check_digit(value) != check)
        return Error{Errc::malformed, "the check digit of price or weight is wrong"};
    std::int64_t amount = 0;
    for (const char c : value) amount = amount * 10 + lint::digit(c);
    (kind == 'P' ? out.price : out.weight) = Decimal{amount, pattern->decimals()};
    return out;
}

Result<DerivedWeight> derive_weight(const Decimal& extended_price, const Decimal& price_per_kg) {
    constexpr int grams = 3;
    if (price_per_kg.mantissa() <= 0)
        return Error{Errc::out_of_range, "the price of a kilogram must be above zero"};
    // price / rate in grams: both as integers of the finer scale, the ratio rounded once.
    const int scale = std::max(extended_price.scale(), price_per_kg.scale());
    TILL_TRY(const auto price, extended_price.rounded_to(scale));
    TILL_TRY(const auto rate, price_per_kg.rounded_to(scale));
    TILL_TRY(const auto weight, scale_rounded(1000, price, rate));
    return DerivedWeight{Decimal{weight, grams}};
}

}  // namespace till::drivers
