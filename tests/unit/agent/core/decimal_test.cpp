#include "agent/core/decimal.hpp"

#include <catch2/catch.hpp>

using namespace till;

TEST_CASE("core: a decimal keeps its scale and prints as it was read", "[core]") {
    for (const char* text :
         {"0", "12.345", "-0.05", "2.50", "-7", "9223372036854775807", "0.000000001"}) {
        CAPTURE(text);
        REQUIRE(Decimal::parse(text));
        CHECK(Decimal::parse(text)->text() == text);
    }
    CHECK(*Decimal::parse("2.50") == *Decimal::parse("2.5"));
    CHECK(*Decimal::parse("-0.1") < *Decimal::parse("0.09"));
}

TEST_CASE("core: a decimal refuses what is not plainly a number", "[core]") {
    for (const char* text :
         {"", "-", ".5", "5.", "1,5", "1e3", " 1", "1 ", "0x1", "1.2.3", "NaN", "1.0000000001"}) {
        CAPTURE(text);
        REQUIRE_FALSE(Decimal::parse(text));
        CHECK(Decimal::parse(text).error().code == Errc::malformed);
    }
    CHECK(Decimal::parse("9223372036854775808").error().code == Errc::out_of_range);
}

TEST_CASE("core: rounding happens once and takes halves away from zero", "[core]") {
    CHECK(*Decimal::parse("2.345")->rounded_to(2) == 235);
    CHECK(*Decimal::parse("-2.345")->rounded_to(2) == -235);
    CHECK(*Decimal::parse("2.344999")->rounded_to(2) == 234);
    CHECK(*Decimal::parse("7")->rounded_to(2) == 700);
    CHECK(*multiply_rounded({3, 0}, {1985, 3}, 2) == 596);  // 5.955
    CHECK(*multiply_rounded({-3, 0}, {1985, 3}, 2) == -596);
    CHECK(*scale_rounded(100, 1, 3) == 33);
    CHECK(*scale_rounded(-200, 1, 3) == -67);
    CHECK(*scale_rounded(5, 1, -2) == -3);
}

TEST_CASE("core: a product that does not fit is an error, not a wrap", "[core]") {
    CHECK(multiply_rounded({INT64_MAX, 0}, {2, 0}, 0).error().code == Errc::out_of_range);
    CHECK(multiply_rounded({INT64_MAX, 0}, {INT64_MAX, 0}, 9).error().code == Errc::out_of_range);
    CHECK(multiply_rounded({INT64_MIN, 0}, {1, 0}, 2).error().code == Errc::out_of_range);
}
