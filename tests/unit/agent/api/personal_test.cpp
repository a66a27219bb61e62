#include "tests/unit/agent/api/shop.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace till;

namespace {

/// Everything that lies in the journal's folder, write-ahead log included.
std::string raw_disk(const Shop& shop) {
    std::ostringstream all;
    for (const auto& file : std::filesystem::directory_iterator{shop.scratch.path})
        all << std::ifstream{file.path(), std::ios::binary}.rdbuf();
    return all.str();
}

const char* customer = R"(customer { given_name: "Hermione" family_name: "Quillfeather"
    street: "7 Nettle Row" birth_date: "1979-09-19"
    identifiers { type: IDENTIFIER_TYPE_PHONE value: "07911 123456" }
    identifiers { type: IDENTIFIER_TYPE_EMAIL value: "Hermione@Example.com" }
    identifiers { type: IDENTIFIER_TYPE_LOYALTY_CARD value: "LC-887766" } })";

}  // namespace

TEST_CASE("api: nothing personal lies on the disk in clear", "[api]") {
    Shop shop;
    const std::string who = customer;
    REQUIRE(shop.call<v1::RecordTransaction>(
        who
        + R"(lines { sku: "A" unit_price: "1" } tenders { type: TENDER_TYPE_CASH amount: "1" })"));
    REQUIRE(shop.call<v1::IdentifyCustomer>(who));
    REQUIRE(shop.call<v1::EnrolCustomer>(who));
    REQUIRE(shop.call<v1::SetConsent>(who + R"(consent { purpose: PURPOSE_MARKETING
        channel: CONSENT_CHANNEL_SMS granted: true text_version: "3" proof: "signature" })"));
    const v1::EventPage page = shop.events();
    for (const auto& event : page.events()) CHECK(event.has_sealed());
    const std::string disk = raw_disk(shop);
    REQUIRE(disk.find("12-3") != std::string::npos);
    for (const char* word : {"Hermione", "hermione", "Quillfeather", "Nettle", "7911", "1979-09",
                             "887766", "xample.com"}) {
        CAPTURE(word);
        CHECK(disk.find(word) == std::string::npos);
    }
}

TEST_CASE("api: the request hash does not depend on who the customer is", "[api]") {
    Shop shop;
    const auto hash = [&](const char* phone) {
        REQUIRE(shop.call<v1::IdentifyCustomer>(
            std::string{R"(customer { identifiers { type: IDENTIFIER_TYPE_PHONE value: ")"} + phone
            + R"(" } })"));
        return shop.last_event().origin().request_hash();
    };
    CHECK(hash("07911 123456") == hash("07911 123457"));  // Or trying all numbers would find hers.
}

TEST_CASE("api: the centre opens what was sealed, and finds the identifiers", "[api]") {
    Shop shop;
    REQUIRE(shop.call<v1::IdentifyCustomer>(customer));
    const auto envelopes = shop.wait(shop.journal->read(Seq{0}, 1 << 20, 10));
    REQUIRE(envelopes);
    v1::Personal personal;
    REQUIRE(personal.ParseFromString(*unseal(shop.centre, envelopes->front().sealed)));
    CHECK(personal.identifiers(0).value() == "+447911123456");
    CHECK(personal.identifiers(1).value() == "hermione@example.com");
    CHECK(shop.last_event().sealed().key_id() == 9);
    CHECK(shop.last_event().sealed().identifiers_size() == 3);
}

TEST_CASE("api: a wrong identifier is refused, or doubted when the sale has happened elsewhere",
          "[api]") {
    Shop shop;
    const std::string wrong =
        R"(customer { identifiers { type: IDENTIFIER_TYPE_EMAIL value: "nobody" } }
           lines { sku: "A" unit_price: "1" } tenders { type: TENDER_TYPE_CASH amount: "1" })";
    CHECK(shop.call<v1::RecordTransaction>(wrong).error().field == "customer.identifiers[0].value");
    REQUIRE(shop.call<v1::RecordTransaction>(wrong + R"(source { system: "x" number: "1" })", "",
                                             Role::foreign_pos));
    const v1::Event event = shop.last_event();
    REQUIRE(event.retail_transaction().source().doubts_size() == 1);
    CHECK(event.retail_transaction().source().doubts(0).field() == "customer.identifiers[0].value");
    CHECK(event.SerializeAsString().find("nobody") == std::string::npos);
}

TEST_CASE("api: a payment card in a sale is masked or left out, and the sale goes on", "[api]") {
    Shop shop;
    const std::string tail =
        R"(lines { sku: "A" unit_price: "1" description: "card 4111 1111 1111 1111" }
           tenders { type: TENDER_TYPE_CASH amount: "1" })";
    REQUIRE(shop.call<v1::RecordTransaction>(
        R"(customer { identifiers { type: IDENTIFIER_TYPE_LOYALTY_CARD value: "4111111111111111" } })"
        + tail));
    const v1::Event event = shop.last_event();
    CHECK(event.retail_transaction().lines(0).item().description() == "card 4111 11** **** 1111");
    CHECK(event.sealed().left_out() == 1);
    CHECK(shop.call<v1::RecordTransaction>(R"(order_id: ";4111111111111111=25121010000" )" + tail)
              .error()
              .field
          == "order_id");
}
