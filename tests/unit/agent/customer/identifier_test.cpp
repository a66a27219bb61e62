#include "agent/customer/identifier.hpp"
#include "agent/core/hex.hpp"
#include "agent/crypto/hash.hpp"

#include <boost/json.hpp>

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <optional>

using namespace till;

namespace {

/// The lines of a shared file as JSON; nothing where the folder is absent.
std::vector<boost::json::object> shared_lines(const std::string& file) {
    const char* set = std::getenv("TILL_SHARED");
    std::ifstream in{std::string{set ? set : TILL_SHARED_FALLBACK} + "/data/" + file};
    std::vector<boost::json::object> lines;
    for (std::string line; std::getline(in, line);)
        lines.push_back(boost::json::parse(line).as_object());
    if (lines.empty()) WARN("skipped: no " << file << " in TILL_SHARED");
    return lines;
}

std::string text(const boost::json::object& line, const char* key) {
    return std::string{line.at(key).as_string()};
}

std::string upper_case(std::string text) {
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return text;
}

struct Phone {
    const char *text, *country, *e164;
};
const Phone phones[] = {
    {"0912-345-678", "TW", "+886912345678"},        {"(02) 2345-6789", "TW", "+886223456789"},
    {"886912345678", "TW", "+886912345678"},        {"+886 0912 345 678", "US", "+886912345678"},
    {"00886912345678", "GB", "+886912345678"},      {"07911 123456", "GB", "+447911123456"},
    {"+44 (0)20 7946 0958", "TW", "+442079460958"}, {"(212) 555-0123", "US", "+12125550123"},
    {"1 212 555 0123", "US", "+12125550123"},       {"0151 23456789", "DE", "+4915123456789"},
    {"06 12 34 56 78", "FR", "+33612345678"},       {"090-1234-5678", "JP", "+819012345678"},
    {"06 6982 1234", "IT", "+390669821234"},  // Italy keeps its zero.
    {"+378 0549 123456", "IT", "+3780549123456"},
};

}  // namespace

TEST_CASE("customer: a telephone number has one form, however it is written", "[customer]") {
    for (const Phone& phone : phones) {
        CAPTURE(phone.text);
        const auto number = normalise_phone(phone.text, phone.country);
        REQUIRE(number);
        CHECK(*number == phone.e164);
        CHECK(*normalise_phone(*number, "US") == *number);
    }
}

TEST_CASE("customer: what is no telephone number is refused without repeating it", "[customer]") {
    for (const char* bad :
         {"", "+", "12", "0912345", "call me", "+8869123456789012", "0912+345678", "+0912345678"}) {
        CAPTURE(bad);
        const auto number = normalise_phone(bad, "TW");
        REQUIRE_FALSE(number);
        CHECK(number.error().code == Errc::malformed);
        if (std::string{bad}.size() > 3)
            CHECK(number.error().detail.find(bad) == std::string::npos);
    }
    CHECK_FALSE(normalise_phone("0123456", "XX"));
}

TEST_CASE("customer: identifiers normalise and hash as UID2's worked examples do", "[customer]") {
    for (const auto& line : shared_lines("customer-id/normalise-hash.jsonl")) {
        CAPTURE(text(line, "input"));
        if (text(line, "input") == "65 1243 5678") continue;  // Their page transposes two digits.
        const bool phone = text(line, "kind") == "phone";
        const IdentifierRules rules{.default_country = phone ? text(line, "region") : "US"};
        const auto value = normalise(phone ? v1::IDENTIFIER_TYPE_PHONE : v1::IDENTIFIER_TYPE_EMAIL,
                                     text(line, "input"), rules);
        REQUIRE(value);
        CHECK(*value == text(line, "normalised"));
        CHECK(hex(sha256(*value)) == text(line, "sha256"));
    }
}

TEST_CASE("customer: Taiwan's business numbers and carriers are judged as its tax office does",
          "[customer]") {
    for (const auto& line : shared_lines("taiwan-einvoice/identifiers.jsonl")) {
        const std::string kind = text(line, "type");
        if (kind != "ban" && kind != "mobile") continue;
        const std::string input = text(line, "input");
        // Other countries' VAT numbers have letters; a carrier typed in small ones is put right.
        const bool carrier = kind == "mobile" && input == upper_case(input);
        if (!carrier && (input.size() != 8 || input.find_first_not_of("0123456789") != input.npos))
            continue;
        CAPTURE(text(line, "input"));
        const auto value = normalise(
            kind == "ban" ? v1::IDENTIFIER_TYPE_VAT_NUMBER : v1::IDENTIFIER_TYPE_TAIWAN_CARRIER,
            text(line, "input"), {});
        CHECK(value.has_value() == line.at("valid").as_bool());
    }
    CHECK(*normalise(v1::IDENTIFIER_TYPE_TAIWAN_CARRIER, "/ab12+-.", {}) == "/AB12+-.");
    CHECK_FALSE(normalise(v1::IDENTIFIER_TYPE_VAT_NUMBER, "10458576", {}));
}

TEST_CASE("customer: cards, numbers and addresses have one form, too", "[customer]") {
    CHECK(*normalise(v1::IDENTIFIER_TYPE_LOYALTY_CARD, " 2980-0000 1234 ", {}) == "298000001234");
    CHECK(*normalise(v1::IDENTIFIER_TYPE_CUSTOMER_NUMBER, "kd-17.850", {}) == "KD17850");
    CHECK(*normalise(v1::IDENTIFIER_TYPE_VAT_NUMBER, "de 136 695 976", {"DE", {}})
          == "DE136695976");
    for (const char* bad : {"", "nobody", "@x.tw", "a@b", "a b@c.de", "a@b@c.de", "a@.de", "a@de."})
        CHECK_FALSE(normalise(v1::IDENTIFIER_TYPE_EMAIL, bad, {}));
    CHECK_FALSE(normalise(v1::IDENTIFIER_TYPE_UNSPECIFIED, "x", {}));
}
