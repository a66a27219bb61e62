#include "agent/core/money.hpp"

#include <catch2/catch.hpp>

using namespace till;

namespace {
Currency currency(const char* code) { return *Currency::parse(code); }
}  // namespace

TEST_CASE("core: a currency trades in its operational decimals", "[core]") {
    CHECK(currency("GBP").decimals() == 2);
    CHECK(currency("JPY").decimals() == 0);
    CHECK(currency("KWD").decimals() == 3);
    CHECK(currency("TWD").decimals() == 0);  // ISO 4217 says two; shops trade whole dollars.
    CHECK(Currency::parse("TWD", 2)->decimals() == 2);
    for (const char* text : {"", "eu", "eur", "EURO", "E1R"}) CHECK_FALSE(Currency::parse(text));
    CHECK_FALSE(Currency::parse("EUR", 5));
}

TEST_CASE("core: an amount finer than its currency is refused, not rounded", "[core]") {
    CHECK(Money::parse("12.34", currency("EUR"))->minor() == 1234);
    CHECK(Money::parse("12.3400", currency("EUR"))->minor() == 1234);
    CHECK(Money::parse("100", currency("TWD"))->text() == "100");
    const auto finer = Money::parse("12.345", currency("EUR"));
    REQUIRE_FALSE(finer);
    CHECK(finer.error().allowed == "at most 2 decimals for EUR");
}

TEST_CASE("core: a total of two currencies is an error, not a number", "[core]") {
    const Money a{150, currency("EUR")}, b{250, currency("EUR")};
    CHECK(add(a, b)->minor() == 400);
    CHECK(subtract(a, b)->minor() == -100);
    CHECK(add(a, Money{1, currency("USD")}).error().code == Errc::malformed);
    CHECK(add(a, Money{INT64_MAX, currency("EUR")}).error().code == Errc::out_of_range);
}

TEST_CASE("core: a three-decimal price rounds once, at the extended amount", "[core]") {
    CHECK(extend({12, 0}, {1985, 3}, currency("GBP"))->minor() == 2382);  // Not 12 × 1.99.
    CHECK(extend({-12, 0}, {1985, 3}, currency("GBP"))->minor() == -2382);
    CHECK(extend({1234, 3}, {499, 2}, currency("EUR"))->minor() == 616);  // 1.234 kg at 4.99.
}
