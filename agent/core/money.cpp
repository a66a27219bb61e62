#include "agent/core/money.hpp"

#include <algorithm>

namespace till {

namespace {

/// Currencies whose everyday decimals are not two: ISO 4217 exponents, and 0 where trade is whole.
struct Exception {
    std::string_view code;
    int decimals;
};
constexpr std::array exceptions = {
    Exception{"BHD", 3}, Exception{"BIF", 0}, Exception{"CLP", 0}, Exception{"DJF", 0},
    Exception{"GNF", 0}, Exception{"HUF", 0}, Exception{"IDR", 0}, Exception{"IQD", 3},
    Exception{"ISK", 0}, Exception{"JOD", 3}, Exception{"JPY", 0}, Exception{"KMF", 0},
    Exception{"KRW", 0}, Exception{"KWD", 3}, Exception{"LYD", 3}, Exception{"OMR", 3},
    Exception{"PYG", 0}, Exception{"RWF", 0}, Exception{"TND", 3}, Exception{"TWD", 0},
    Exception{"UGX", 0}, Exception{"VND", 0}, Exception{"VUV", 0}, Exception{"XAF", 0},
    Exception{"XOF", 0}, Exception{"XPF", 0},
};

int usual_decimals(std::string_view code) {
    const auto found = std::ranges::find(exceptions, code, &Exception::code);
    return found == exceptions.end() ? 2 : found->decimals;
}

}  // namespace

Result<Currency> Currency::parse(std::string_view code) {
    return parse(code, usual_decimals(code));
}

Result<Currency> Currency::parse(std::string_view code, int decimals) {
    const bool letters =
        code.size() == 3 && std::ranges::all_of(code, [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!letters)
        return Error{Errc::malformed,
                     "not a currency code",
                     {},
                     "three capital letters of ISO 4217, e.g. EUR"};
    if (decimals < 0 || decimals > 4)
        return Error{Errc::out_of_range, "currency decimals", {}, "0 to 4"};
    return Currency{{code[0], code[1], code[2]}, decimals};
}

Result<Money> Money::parse(std::string_view text, Currency currency) {
    TILL_TRY(const Decimal amount, Decimal::parse(text));
    TILL_TRY(const std::int64_t minor, amount.rounded_to(currency.decimals()));
    if (Decimal{minor, currency.decimals()} != amount)
        return Error{Errc::out_of_range,
                     "more decimals than the currency has",
                     {},
                     "at most " + std::to_string(currency.decimals()) + " decimals for "
                         + std::string{currency.code()}};
    return Money{minor, currency};
}

Result<Money> add(const Money& a, const Money& b) {
    std::int64_t sum{};
    if (a.currency_ != b.currency_) return Error{Errc::malformed, "mixed currencies"};
    if (__builtin_add_overflow(a.minor_, b.minor_, &sum))
        return Error{Errc::out_of_range, "total does not fit 64 bits"};
    return Money{sum, a.currency_};
}

Result<Money> subtract(const Money& a, const Money& b) {
    std::int64_t difference{};
    if (a.currency_ != b.currency_) return Error{Errc::malformed, "mixed currencies"};
    if (__builtin_sub_overflow(a.minor_, b.minor_, &difference))
        return Error{Errc::out_of_range, "total does not fit 64 bits"};
    return Money{difference, a.currency_};
}

Result<Money> extend(const Decimal& quantity, const Decimal& unit_price, Currency currency) {
    TILL_TRY(const std::int64_t minor, multiply_rounded(quantity, unit_price, currency.decimals()));
    return Money{minor, currency};
}

}  // namespace till
