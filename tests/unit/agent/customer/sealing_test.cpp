#include "agent/customer/sealed_customer.hpp"

#include <catch2/catch.hpp>

using namespace till;

namespace {

v1::CustomerData jane() {
    v1::CustomerData data;
    data.set_given_name("Jane");
    data.set_family_name("Saoirse");
    auto* phone = data.add_identifiers();
    phone->set_type(v1::IDENTIFIER_TYPE_PHONE);
    phone->set_value("0912-345-678");
    return data;
}

}  // namespace

TEST_CASE("customer: only the centre reads a sealed customer, and finds her normalised",
          "[customer]") {
    const SealingKeyPair pair = make_sealing_key_pair(7);
    const auto sealed = seal_customer(jane(), pair.key, {});
    REQUIRE(sealed);
    CHECK(sealed->problems.empty());
    CHECK(sealed->facts.key_id() == 7);
    CHECK(sealed->facts.identifiers(0) == v1::IDENTIFIER_TYPE_PHONE);
    CHECK(sealed->sealed.find("Jane") == std::string::npos);
    const auto plain = unseal(pair, sealed->sealed);
    REQUIRE(plain);
    v1::Personal personal;
    REQUIRE(personal.ParseFromString(*plain));
    CHECK(personal.identifiers(0).value() == "+886912345678");
    CHECK(personal.family_name() == "Saoirse");
}

TEST_CASE("customer: an identifier that cannot be read is kept sealed, and matches nobody",
          "[customer]") {
    const SealingKeyPair pair = make_sealing_key_pair(1);
    v1::CustomerData data = jane();
    data.mutable_identifiers(0)->set_value("ask her husband");
    data.set_birth_date("1990-02-30");
    const auto sealed = seal_customer(data, pair.key, {});
    REQUIRE(sealed);
    REQUIRE(sealed->problems.size() == 2);
    CHECK(sealed->problems[0].field == "birth_date");
    CHECK(sealed->problems[1].field == "identifiers[0].value");
    for (const Error& problem : sealed->problems)
        CHECK(problem.detail.find("husband") == std::string::npos);
    v1::Personal personal;
    REQUIRE(personal.ParseFromString(*unseal(pair, sealed->sealed)));
    CHECK(personal.identifiers(0).type() == v1::IDENTIFIER_TYPE_UNSPECIFIED);
}

TEST_CASE("customer: a payment card given as a loyalty card is not kept, not even sealed",
          "[customer]") {
    const SealingKeyPair pair = make_sealing_key_pair(1);
    v1::CustomerData data;
    data.add_identifiers()->set_type(v1::IDENTIFIER_TYPE_LOYALTY_CARD);
    data.mutable_identifiers(0)->set_value("4111 1111 1111 1111");
    const auto sealed = seal_customer(data, pair.key, {});
    REQUIRE(sealed);
    CHECK(sealed->facts.left_out() == 1);
    CHECK(sealed->facts.identifiers().empty());
    CHECK(unseal(pair, sealed->sealed)->empty());
    const IdentifierRules ours{.default_country = "TW", .loyalty_prefixes = {"411111"}};
    CHECK(seal_customer(data, pair.key, ours)->facts.identifiers_size() == 1);
}
