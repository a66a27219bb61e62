#include "drivers/decode/gtin.hpp"

#include "drivers/decode/publications.hpp"
#include "drivers/decode/restricted.hpp"
#include "drivers/decode/upce.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::drivers;

TEST_CASE("decode: a GTIN of any length is compared as fourteen digits", "[decode]") {
    CHECK(Gtin::parse("96385074")->text() == "00000096385074");
    CHECK(Gtin::parse("036000291452")->text() == "00036000291452");
    CHECK(*Gtin::parse("4006381333931") == *Gtin::parse("04006381333931"));
    CHECK(Gtin::parse("04006381333931")->short_text() == "4006381333931");
    CHECK(Gtin::parse("96385074")->short_text() == "96385074");
    CHECK(Gtin::parse("036000291452")->short_text() == "036000291452");
    CHECK(Gtin::parse("15012345678907")->short_text() == "15012345678907");
}

TEST_CASE("decode: what is no GTIN does not become one", "[decode]") {
    for (const auto* text : {"", "4006381333932", "400638133393", "400638133393x", "40063813339311",
                             "123456789", "-4006381333931"}) {
        CAPTURE(text);
        CHECK_FALSE(Gtin::parse(text));
    }
}

TEST_CASE("decode: UPC-E expands by its last digit and back", "[decode]") {
    for (const auto* short_form :
         {"01234505", "04252614", "01234531", "01234543", "01234558", "11234562"}) {
        CAPTURE(short_form);
        const auto upc = expand_upce(short_form);
        if (!upc) continue;  // Its check digit is for another form.
        const auto back = compress_to_upce({upc->data(), upc->size()});
        REQUIRE(back);
        CHECK(std::string_view{back->data(), back->size()} == short_form);
    }
    const auto known = expand_upce("04252614");
    REQUIRE(known);
    CHECK(std::string_view{known->data(), known->size()} == "042100005264");
    CHECK_FALSE(expand_upce("24252614"));
    CHECK_FALSE(expand_upce("04252615"));
    CHECK_FALSE(compress_to_upce("036000291452"));
}

TEST_CASE("decode: books, serials and music carry their own numbers", "[decode]") {
    const auto book = *Gtin::parse("9781234567897");
    const auto isbn = isbn10_of(book);
    CHECK(publication_of(book) == Publication::book);
    REQUIRE(isbn);
    CHECK(std::string_view{isbn->data(), isbn->size()} == "123456789X");
    const auto serial = *Gtin::parse("9770317847001");
    const auto issn = issn_of(serial);
    REQUIRE(issn);
    CHECK(std::string_view{issn->data(), issn->size()} == "03178471");
    CHECK(publication_of(*Gtin::parse("9790260000438")) == Publication::music);
    CHECK_FALSE(isbn10_of(serial));
    CHECK_FALSE(issn_of(book));
}

TEST_CASE("decode: an add-on is an issue or a price", "[decode]") {
    CHECK(read_addon("07")->kind == AddOn::Kind::issue);
    CHECK(read_addon("51299")->price == 1299);
    CHECK(read_addon("51299")->currency == "USD");
    CHECK(read_addon("90000")->kind == AddOn::Kind::no_price);
    CHECK(read_addon("01234")->kind == AddOn::Kind::other);
    CHECK_FALSE(read_addon("123"));
    CHECK_FALSE(read_addon("5129x"));
}

TEST_CASE("decode: the check digit of a price is GenSpecs'", "[decode]") {
    CHECK(measure_check_digit("2875") == '9');
    CHECK(measure_check_digit("14685") == '6');
    CHECK_FALSE(measure_check_digit("123"));
    CHECK_FALSE(measure_check_digit("12a4"));
}

namespace {
Gtin with_check(std::string digits) {
    digits += mod10_check_digit(digits);
    return *Gtin::parse(digits);
}
}  // namespace

TEST_CASE("decode: a shop's own number is read by the shop's pattern", "[decode]") {
    const std::vector patterns{*RestrictedPattern::make("price", "20IIIIIVPPPPC", 2),
                               *RestrictedPattern::make("weight", "28IIIIIWWWWWC", 3)};
    const auto priced = read_restricted(with_check("201234592875"), patterns);
    REQUIRE(priced);
    CHECK(priced->item == 12345);
    CHECK(*priced->price == Decimal{2875, 2});
    CHECK_FALSE(priced->weight);
    const auto weighed = read_restricted(with_check("281234501250"), patterns);
    REQUIRE(weighed);
    CHECK(*weighed->weight == Decimal{1250, 3});
    CHECK(read_restricted(with_check("201234582875"), patterns).error().code == Errc::malformed);
    CHECK(read_restricted(with_check("221234592875"), patterns).error().code == Errc::not_found);
    CHECK(read_restricted(*Gtin::parse("4006381333931"), patterns).error().code == Errc::not_found);
}

TEST_CASE("decode: a layout that makes no sense is refused", "[decode]") {
    for (const auto* layout :
         {"", "20IIIIIVPPPP", "20IIIIIVPPPPP", "IIIIIIIIPPPPC", "20IIIIIPPWWWC", "20?IIIIVPPPPC",
          "20PPPPPPPPPPC", "20IIIIIVIPPPC"}) {
        CAPTURE(layout);
        CHECK_FALSE(RestrictedPattern::make("x", layout, 2));
    }
    CHECK_FALSE(RestrictedPattern::make("x", "20IIIIIVPPPPC", 5));
}

TEST_CASE("decode: a weight derived from a price is rounded once, to the gram", "[decode]") {
    const auto weight = derive_weight(Decimal{2875, 2}, Decimal{1990, 2});
    REQUIRE(weight);
    CHECK(weight->kilograms == Decimal{1445, 3});
    CHECK(weight->derived);
    CHECK_FALSE(derive_weight(Decimal{2875, 2}, Decimal{0, 2}));
}
