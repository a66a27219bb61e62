#include "sync/vault/vault.hpp"
#include "agent/crypto/hash.hpp"
#include "tests/support/envelopes.hpp"
#include "tests/support/scratch.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace till;
using namespace till::sync;

namespace {

constexpr auto phone = v1::IDENTIFIER_TYPE_PHONE;
constexpr auto email = v1::IDENTIFIER_TYPE_EMAIL;
constexpr auto card = v1::IDENTIFIER_TYPE_LOYALTY_CARD;

struct Fixture {
    std::unique_ptr<Vault> open() {
        VaultKeys keys{
            .sealing = {}, .token_key = Secret{token_key}, .master_key = Secret{master_key}};
        keys.sealing.push_back({pair.key, Secret{pair.private_key.reveal()}});
        auto opened = Vault::open(scratch.path / "vault.db", std::move(keys), random);
        if (!opened) FAIL(opened.error().detail);
        return *std::move(opened);
    }
    Bytes sealed(std::initializer_list<std::pair<v1::IdentifierType, const char*>> identifiers,
                 const std::string& name = {}) {
        v1::Personal personal;
        personal.set_family_name(name);
        for (const auto& [type, value] : identifiers) {
            auto& each = *personal.add_identifiers();
            each.set_type(type);
            each.set_value(value);
        }
        return *seal(pair.key, personal.SerializeAsString());
    }
    Vault::Identified see(const Bytes& part, std::int64_t at_ms = 1) {
        const auto found = vault->identify(3, part, at_ms);
        if (!found) FAIL(found.error().detail);
        return **found;
    }

    Scratch scratch;
    SeededRandom random{3};
    SealingKeyPair pair = make_sealing_key_pair(3);
    Bytes token_key = Bytes(32, 't'), master_key = Bytes(32, 'm');
    std::unique_ptr<Vault> vault = open();
};

}  // namespace

TEST_CASE_METHOD(Fixture, "vault: a person is found by any identifier seen with another",
                 "[vault]") {
    const auto first = see(sealed({{phone, "+886912345678"}, {card, "77001"}}));
    const auto second = see(sealed({{card, "77001"}, {email, "mei@example.org"}}));
    CHECK(first.customer == second.customer);
    CHECK(**vault->find(email, "mei@example.org") == first.customer);
    CHECK_FALSE(*vault->find(phone, "77001"));  // The type is part of the token.
    CHECK(see(sealed({{phone, "+886900000000"}})).customer != first.customer);
    CHECK(open()->find(phone, "+886912345678")->value() == first.customer);
}

TEST_CASE_METHOD(Fixture, "vault: the newest name is kept whatever the order of arrival",
                 "[vault]") {
    const auto later = see(sealed({{card, "1"}}, "Wang"), 200);
    see(sealed({{card, "1"}}, "Chen"), 100);
    CHECK(vault->show(later.customer)->family_name() == "Wang");
    see(sealed({{card, "1"}, {phone, "+886912345678"}}, ""), 300);
    const v1::Personal shown = *vault->show(later.customer);
    CHECK(shown.family_name() == "Wang");
    REQUIRE(shown.identifiers_size() == 2);
    CHECK(shown.identifiers(1).value() == "+886912345678");
}

TEST_CASE_METHOD(Fixture, "vault: what cannot be opened says why", "[vault]") {
    CHECK(vault->identify(4, sealed({{card, "1"}}), 1).error().code == Errc::not_found);
    Bytes altered = sealed({{card, "1"}});
    altered.back() = static_cast<char>(altered.back() ^ 1);
    CHECK(vault->identify(3, altered, 1).error().code == Errc::not_trusted);
    CHECK(vault->identify(3, *seal(pair.key, "\xff\xff"), 1).error().code == Errc::malformed);
    CHECK_FALSE(*vault->identify(3, sealed({}), 1));
}

TEST_CASE_METHOD(Fixture, "vault: its file shows nobody's name, phone, e-mail or card", "[vault]") {
    see(sealed({{phone, "+886912345678"}, {email, "mei@example.org"}, {card, "77001234"}}, "Wang"));
    REQUIRE(vault->checkpoint());
    Bytes raw;
    for (const auto& file : std::filesystem::directory_iterator{scratch.path}) {
        std::ifstream in{file.path(), std::ios::binary};
        raw.append(std::istreambuf_iterator<char>{in}, {});
    }
    CHECK(raw.size() > 4096);
    for (const char* secret : {"912345678", "mei@", "example.org", "77001234", "Wang"})
        CHECK(raw.find(secret) == Bytes::npos);
    CHECK(raw.find(view(sha256("+886912345678"))) == Bytes::npos);
}

namespace {

constexpr auto vat = v1::IDENTIFIER_TYPE_VAT_NUMBER;

std::size_t identifiers(Vault& vault, const CustomerId& customer) {
    const auto shown = vault.show(customer);
    if (!shown) FAIL(shown.error().detail);
    return static_cast<std::size_t>(shown->identifiers_size());
}

}  // namespace

TEST_CASE_METHOD(Fixture,
                 "vault: two customers whom one event names are merged, and come apart again",
                 "[vault]") {
    const auto one = see(sealed({{card, "77001"}}, "Chen"), 1);
    const auto two = see(sealed({{email, "mei@example.org"}}, "chen "), 2);
    REQUIRE(one.customer != two.customer);
    const auto both = see(sealed({{card, "77001"}, {email, "mei@example.org"}}), 3);
    CHECK(both.customer == one.customer);
    CHECK(both.merged == std::vector{two.customer});
    CHECK(both.others.empty());
    CHECK(**vault->find(email, "mei@example.org") == one.customer);
    CHECK(*vault->present(two.customer) == one.customer);
    CHECK(*vault->family(two.customer) == std::vector{one.customer, two.customer});
    CHECK(identifiers(*vault, one.customer) == 2);
    CHECK(vault->show(one.customer)->family_name() == "chen ");
    REQUIRE(vault->separate(one.customer, two.customer));
    CHECK(**vault->find(email, "mei@example.org") == two.customer);
    CHECK(identifiers(*vault, one.customer) == 1);
    // What a person took apart no rule puts together again.
    const auto again = see(sealed({{card, "77001"}, {email, "mei@example.org"}}), 4);
    CHECK(again.merged.empty());
    CHECK(again.others == std::vector{two.customer});
    REQUIRE(vault->merge(one.customer, two.customer));
    CHECK(vault->merge(two.customer, one.customer).error().code == Errc::conflict);
}

TEST_CASE_METHOD(Fixture, "vault: what contradicts is suggested, not merged", "[vault]") {
    const auto one = see(sealed({{phone, "+886912345678"}, {vat, "TW12345675"}}), 1);
    const auto two = see(sealed({{email, "x@example.org"}, {vat, "TW04595257"}}), 1);
    const auto both = see(sealed({{phone, "+886912345678"}, {email, "x@example.org"}}), 2);
    CHECK(both.customer == one.customer);
    CHECK(both.others == std::vector{two.customer});
    CHECK(vault->merge_suggestions()->size() == 1);
}

TEST_CASE_METHOD(Fixture, "vault: an identifier that is hers no longer finds her no longer",
                 "[vault]") {
    const auto she = see(sealed({{phone, "+886912345678"}, {card, "77001"}}));
    v1::Personal said;
    said.add_former()->set_type(phone);
    said.mutable_former(0)->set_value("+886912345678");
    const auto part = *seal(pair.key, said.SerializeAsString());
    const auto again = vault->identify(3, part, 2, she.customer);
    REQUIRE(again);
    CHECK((*again)->customer == she.customer);
    CHECK_FALSE(*vault->find(phone, "+886912345678"));
    CHECK(**vault->find(card, "77001") == she.customer);
}

TEST_CASE_METHOD(Fixture,
                 "vault: who was erased is known no more, and no late record brings her back",
                 "[vault]") {
    const Bytes part = sealed({{phone, "+886912345678"}, {card, "77001"}}, "Chen");
    const auto she = see(part, 10);
    CHECK(*vault->is_about(3, part, {she.customer}));
    REQUIRE(vault->erase(she.customer, 100));
    CHECK(vault->show(she.customer).error().code == Errc::not_found);
    CHECK_FALSE(*vault->find(card, "77001"));
    CHECK(*vault->erased_ms(she.customer) == 100);
    CHECK(see(part, 99).erased);
    CHECK_FALSE(*vault->find(card, "77001"));
    const auto new_one = see(part, 101);  // She comes back by herself.
    CHECK_FALSE(new_one.erased);
    CHECK(new_one.customer != she.customer);
}
