#include "drivers/decode/taiwan.hpp"

#include "tests/unit/drivers/decode/shared_data.hpp"

#include <catch2/catch.hpp>

#include <boost/json/parse.hpp>

#include <sstream>

using namespace till::drivers;

TEST_CASE("decode: Taiwan's identifiers are what an independent validator says", "[decode]") {
    const auto text = shared_file("taiwan-einvoice/identifiers.jsonl");
    if (!text) {
        WARN("skipped: no taiwan-einvoice/identifiers.jsonl; set TILL_SHARED");
        return;
    }
    std::istringstream lines{*text};
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        const auto row = boost::json::parse(line).as_object();
        const std::string input{row.at("input").as_string()};
        const auto& type = row.at("type").as_string();
        const bool valid = row.at("valid").as_bool();
        if (type == "ban") {
            CHECK(is_business_number(input) == valid);
            CHECK(is_business_number_before_2023(input) == row.at("valid_pre2023").as_bool());
        } else if (type == "mobile") {
            CHECK(is_mobile_barcode(input) == valid);
        } else if (type == "cdc") {
            CHECK(is_citizen_certificate(input) == valid);
        } else {
            REQUIRE(type == "donation");
            CHECK(is_donation_code(input) == valid);
        }
    }
}

TEST_CASE("decode: a carrier read in Code 39 full-ASCII mode is taken back", "[decode]") {
    const auto carrier = [](std::string_view text, bool full_ascii) {
        std::string out;
        return find_taiwan_carrier(text, full_ascii, out) ? out : "";
    };
    CHECK(carrier("/ABC1234", false) == "/ABC1234");
    CHECK(carrier("/ABC1234", true) == "/ABC1234");
    CHECK(carrier("!BC1234", true) == "/ABC1234");
    CHECK(carrier("!BC1234", false) == "/ABC1234");
    CHECK(carrier("!Bd123", true) == "/AB+D123");
    CHECK(carrier("/BC1234", true) == "/OBC1234");
    CHECK(carrier("-BC1234", true) == "/MBC1234");
    CHECK(carrier("AB12345678901234", true) == "AB12345678901234");
    CHECK(carrier("ABC1234", true).empty());
    CHECK(carrier("hello", true).empty());
    CHECK(carrier("", true).empty());
}
