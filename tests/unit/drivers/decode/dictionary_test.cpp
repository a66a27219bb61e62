#include "drivers/decode/dictionary.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::drivers;

TEST_CASE("decode: an AI is found exactly, and as the beginning of data", "[decode]") {
    const auto& dictionary = Dictionary::builtin();
    CHECK(dictionary.find("01")->title == "GTIN");
    CHECK(dictionary.find("3103")->ai == "3103");
    CHECK(dictionary.match("8012ABC")->ai == "8012");
    for (const auto* ai : {"", "0", "011", "23", "2345", "800", "89", "1A", "99999", "(01"}) {
        CAPTURE(ai);
        CHECK(dictionary.find(ai) == nullptr);
    }
    CHECK(dictionary.match("0") == nullptr);
    CHECK(dictionary.match("801") == nullptr);
    CHECK(dictionary.match("XX") == nullptr);
}

TEST_CASE("decode: an unknown AI is permitted only where its length cannot mislead", "[decode]") {
    const auto& dictionary = Dictionary::builtin();
    CHECK_FALSE(dictionary.find("89", true)->known);
    CHECK(dictionary.find("011", true) == nullptr);
    CHECK(dictionary.find("80", true) == nullptr);
    CHECK(dictionary.find("399", true) == nullptr);
    CHECK(dictionary.find("3999", true)->needs_separator);
    CHECK(dictionary.find("236", true)->needs_separator);
    CHECK_FALSE(dictionary.find("419", true)->needs_separator);
    CHECK(dictionary.find("419", true)->length_max == 13);
    CHECK(dictionary.match("89ABC", true) == nullptr);
    CHECK(dictionary.match("236ABC", true)->ai.size() == 3);
}

TEST_CASE("decode: a dictionary that is wrong is refused with the line", "[decode]") {
    const auto refused = [](const std::string& line, const std::string& why) {
        CAPTURE(line);
        const auto parsed = Dictionary::parse("01 *? N14,csum # GTIN\n" + line + "\n");
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().code == Errc::malformed);
        CHECK(parsed.error().detail.find("line 2") != std::string::npos);
        CHECK(parsed.error().detail.find(why) != std::string::npos);
    };
    refused("1 X..20", "not an AI");
    refused("10-20 X..20", "not an AI");
    refused("10 ?", "no specification");
    refused("10 X..", "length");
    refused("10 X..91", "length");
    refused("10 [X5", "']'");
    refused("10 X..5 N2", "only the last");
    refused("10 [N2] N2", "mandatory");
    refused("10 N2 req=", "nothing after");
    refused("10 N2 req=1", "not an AI");
    refused("10 N2 ex=3xn", "not an AI");
    refused("10 N2 dlpkey=2a", "not an AI");
    refused("01 N14", "twice");
    refused("011 N14", "as long as");
    CHECK_FALSE(Dictionary::parse(""));
    CHECK_FALSE(Dictionary::parse("# only a comment\n"));
}

TEST_CASE("decode: a later release may name linters and attributes of its own", "[decode]") {
    const auto parsed = Dictionary::parse(
        "# Release: 2030-01-01\r\n"
        "01 *?! N14,csum,newlinter when=new # GTIN\r\n");
    REQUIRE(parsed);
    CHECK(parsed->release() == "2030-01-01");
    CHECK(parsed->unknown_linters() == std::vector<std::string>{"newlinter"});
    CHECK(parsed->find("01")->title == "GTIN");
    CHECK_FALSE(parsed->find("01")->needs_separator);
}
