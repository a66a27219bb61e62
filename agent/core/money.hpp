#pragma once

#include "agent/core/decimal.hpp"
#include "agent/core/result.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace till {

/// An ISO 4217 currency with the number of decimals the shop *operates* with, which may differ
/// from the standard's (TWD has two in ISO 4217 and trades in whole dollars).
class Currency {
public:
    /// `code` is three capital letters. Without `decimals`, the ISO 4217 exponent is used, except
    /// where trade differs (TWD, IDR, HUF: 0).
    static Result<Currency> parse(std::string_view code);
    static Result<Currency> parse(std::string_view code, int decimals);  ///< decimals 0 to 4.

    std::string_view code() const noexcept { return {code_.data(), code_.size()}; }
    int decimals() const noexcept { return decimals_; }
    friend constexpr bool operator==(const Currency&, const Currency&) = default;

private:
    constexpr Currency(std::array<char, 3> code, int decimals) : code_{code}, decimals_{decimals} {}
    std::array<char, 3> code_;
    int decimals_;
};

/// An amount in minor units of its currency. Never a double; never silently mixed.
class Money {
public:
    constexpr Money(std::int64_t minor, Currency currency) : minor_{minor}, currency_{currency} {}

    /// Reads "12.34". Fails when there are more significant decimals than the currency has: an
    /// amount is exact, only a unit price may be finer.
    static Result<Money> parse(std::string_view text, Currency currency);

    constexpr std::int64_t minor() const noexcept { return minor_; }
    constexpr const Currency& currency() const noexcept { return currency_; }
    Money negated() const noexcept { return {-minor_, currency_}; }
    std::string text() const { return Decimal{minor_, currency_.decimals()}.text(); }
    friend constexpr bool operator==(const Money&, const Money&) = default;

    /// Fail on overflow or on two currencies; a total is never a guess.
    friend Result<Money> add(const Money& a, const Money& b);
    friend Result<Money> subtract(const Money& a, const Money& b);

private:
    std::int64_t minor_;
    Currency currency_;
};

/// The extended amount of a line: quantity × unit price, rounded once, half away from zero.
Result<Money> extend(const Decimal& quantity, const Decimal& unit_price, Currency currency);

}  // namespace till
