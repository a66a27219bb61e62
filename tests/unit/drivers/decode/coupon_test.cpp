#include "drivers/decode/coupon.hpp"

#include <catch2/catch.hpp>

using namespace till::drivers;

TEST_CASE("decode: the fields of a North American coupon", "[decode]") {
    // GS1 US's own example with three purchases, an expiration date and no multiplication.
    const auto coupon = parse_coupon("106141416543213500110000310123196000");
    REQUIRE(coupon);
    CHECK(coupon->company_prefix == "0614141");
    CHECK(coupon->offer_code == "654321");
    CHECK(coupon->save_value == "500");
    CHECK(coupon->purchases[0].requirement == "1");
    CHECK(coupon->purchases[0].family_code == "000");
    CHECK_FALSE(coupon->purchases[1].present());
    CHECK(coupon->expires == "101231");
    CHECK(coupon->save_value_code == '6');
    CHECK(coupon->may_multiply);
}

TEST_CASE("decode: further purchases name their own company or say none", "[decode]") {
    const auto coupon = parse_coupon("0123456123456111101231011012391231123452110123031234566");
    const auto second = parse_coupon(
        "01234561234561111012310110123"
        "9"
        "2110123"
        "0123456");
    REQUIRE(second);
    CHECK(second->additional_rules == '0');
    CHECK(second->purchases[1].present());
    CHECK(second->purchases[1].company_prefix.empty());
    CHECK(second->purchases[2].company_prefix == "123456");
    CHECK_FALSE(coupon);
}

TEST_CASE("decode: a coupon may not expire before it starts", "[decode]") {
    const auto early = parse_coupon("01234561234561111012333230414325010 1");
    CHECK_FALSE(early);
    const auto coupon = parse_coupon("01234561234561111012332304114250101");
    REQUIRE_FALSE(coupon);
    CHECK(coupon.error().error->name == "COUPON_EXPIRATION_BEFORE_START");
    CHECK(coupon.error().length == 14);
    CHECK(parse_coupon("01234561234561111012332501014230411"));
}

TEST_CASE("decode: an on-line coupon is only an identity", "[decode]") {
    const auto offer = parse_coupon_offer("1212345678654321212345678");
    REQUIRE(offer);
    CHECK(offer->format == '1');
    CHECK(offer->funder == "12345678");
    CHECK(offer->offer_code == "654321");
    CHECK(offer->serial == "12345678");
    CHECK_FALSE(parse_coupon_offer(""));
    CHECK_FALSE(parse_coupon_offer("2"));
}
