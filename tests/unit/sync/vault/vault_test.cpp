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

TEST_CASE_METHOD(Fixture, "vault: identifiers of two customers suggest a merge and merge nothing",
                 "[vault]") {
    const auto by_phone = see(sealed({{phone, "+886912345678"}}));
    const auto by_card = see(sealed({{card, "77001"}}));
    for (int again = 0; again < 2; ++again) {
        const auto both = see(sealed({{phone, "+886912345678"}, {card, "77001"}}));
        CHECK(both.customer == by_card.customer);  // What the shop gave out decides.
        CHECK(both.others == std::vector{by_phone.customer});
    }
    CHECK(vault->merge_suggestions()->size() == 1);
    CHECK(**vault->find(phone, "+886912345678") == by_phone.customer);
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
