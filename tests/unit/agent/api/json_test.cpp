#include "agent/api/json.hpp"
#include "sync/wire/commands.pb.h"

#include <catch2/catch.hpp>

using namespace till;
namespace v1 = tillstream::v1;

TEST_CASE("api: a number where text is wanted is taken as it is written", "[api]") {
    v1::RecordTransaction command;
    REQUIRE(from_json(R"({"lines": [{"sku": "7", "quantity": 1.50, "unit_price": 2,
        "original": {"line": 3}}], "training": true, "channel": 2})",
                      command));
    CHECK(command.lines(0).quantity() == "1.50");
    CHECK(command.lines(0).unit_price() == "2");
    CHECK(command.lines(0).original().line() == 3);
    CHECK(command.channel() == v1::CHANNEL_WEB);
    const auto exponent = from_json(R"({"total": 1e2})", command);
    REQUIRE_FALSE(exponent);
    CHECK(exponent.error().detail == "a number with an exponent at line 1, column 11");
    CHECK(exponent.error().allowed == "plain decimals, e.g. 1.5");
}

TEST_CASE("api: an unknown or wrong field is named by its path", "[api]") {
    const auto field = [](const char* text) {
        v1::RecordTransaction command;
        const auto parsed = from_json(text, command);
        return parsed ? std::string{"parsed"} : parsed.error().field;
    };
    CHECK(field(R"({"colour": 1})") == "colour");
    CHECK(field(R"({"lines": [{}, {"colour": 1}]})") == "lines[1].colour");
    CHECK(field(R"({"training": "maybe"})") == "training");
    CHECK(field(R"({"lines": [{"kind": "LINE_KIND_GIFT"}]})") == "lines[0].kind");
    CHECK(field(R"({"tenders": [{"amount": true}]})") == "tenders[0].amount");
}

TEST_CASE("api: what is not JSON is refused with its place, whatever it is", "[api]") {
    v1::RecordTransaction command;
    for (const char* text : {"", "{", "[]", "{\"lines\": }", "{} x", "{'a': 1}", "\"",
                             "{\"a\": \"\\", "{\"order_id\": \"\xff\"}", "-", "nul"}) {
        CAPTURE(text);
        const auto parsed = from_json(text, command);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().code == Errc::malformed);
        CHECK_FALSE(parsed.error().detail.empty());
    }
    const std::string deep(100'000, '[');
    CHECK_FALSE(from_json(deep, command));
    CHECK(from_json("{\n  'a': 1}", command).error().detail == "not JSON at line 2, column 3");
}
