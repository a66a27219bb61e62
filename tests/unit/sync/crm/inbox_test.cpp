#include "sync/crm/inbox.hpp"

#include "agent/crypto/hash.hpp"
#include "tests/support/envelopes.hpp"
#include "tests/support/scratch.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace till;
using namespace till::sync;

namespace {

constexpr auto phone = v1::IDENTIFIER_TYPE_PHONE;
constexpr auto email = v1::IDENTIFIER_TYPE_EMAIL;
constexpr int marketing = v1::ConsentSet::PURPOSE_MARKETING;
constexpr int by_email = v1::ConsentSet::CONSENT_CHANNEL_EMAIL;
constexpr int by_sms = v1::ConsentSet::CONSENT_CHANNEL_SMS;

v1::Personal person(const std::string& name,
                    std::initializer_list<std::pair<v1::IdentifierType, std::string>> identifiers) {
    v1::Personal made;
    made.set_given_name(name);
    for (const auto& [type, value] : identifiers) {
        made.add_identifiers()->set_type(type);
        made.mutable_identifiers()->rbegin()->set_value(value);
    }
    return made;
}

/// A CRM of one record and a centre that does what it is told: what either has is theirs to see.
struct Both : InboxView, CrmConnector {
    // The CRM.
    CrmRecord record{.record = "party/1",
                     .person = person("Mei", {{phone, "+447400123456"}}),
                     .consents = {},
                     .changed_ms = 1};
    // The centre.
    SeededRandom random{3};
    CustomerId id{random.uuid()};
    bool known = false;
    v1::Personal here;
    std::vector<ConsentState> consents;
    std::vector<CrmChange> said;
    bool fails = false;

    Scratch scratch;
    std::unique_ptr<OutboxState> state = *OutboxState::open(scratch.path / "outbox.db");
    struct Ticking final : Clock {
        std::uint64_t boot = 1;
        Times now() override { return {WallTime{1000}, BootTime{boot += 5000}, BootId{Uuid{}}}; }
    } clock;
    Inbox inbox{*this, *state, *this, clock,
                [this](std::vector<CrmChange> changes) { return say(std::move(changes)); }};

    Result<void> say(std::vector<CrmChange> changes) {
        if (fails) return Error{Errc::busy, "not now"};
        for (CrmChange& change : changes) {
            known = true;
            for (const auto& each : change.person.identifiers()) *here.add_identifiers() = each;
            for (const auto& gone : change.person.former())
                for (int i = here.identifiers_size(); i-- > 0;)
                    if (here.identifiers(i).value() == gone.value())
                        here.mutable_identifiers()->DeleteSubrange(i, 1);
            if (!change.person.given_name().empty())
                here.set_given_name(change.person.given_name());
            for (const auto& each : change.said.consents())
                set(each.channel(), each.granted(), consents);
            said.push_back(std::move(change));
        }
        return {};
    }
    static void set(int channel, bool granted, std::vector<ConsentState>& in,
                    std::int64_t at_ms = 5) {
        std::erase_if(in, [&](const ConsentState& each) { return each.channel == channel; });
        in.push_back({marketing, channel, granted, {}, {}, at_ms});
    }
    /// What the outbox does once the CRM has taken it.
    void deliver() {
        Agreement on = *state->agreement("crm", id);
        for (const auto& each : here.identifiers())
            if (!agreed(on, each, [this](const auto& one) { return token(one); }))
                *record.person.add_identifiers() = each;
        for (const auto& each : consents)
            if (!agreed(on, each)) set(each.channel, each.granted, record.consents);
        agree(on, here, consents, [this](const auto& one) { return token(one); });
        REQUIRE(state->agree("crm", {{id, on}}));
        ++record.changed_ms;
    }
    std::size_t step() {
        const auto news = inbox.step();
        if (!news) FAIL(news.error().detail);
        return *news;
    }
    bool has(const char* value) const {
        return std::ranges::any_of(here.identifiers(),
                                   [&](const auto& each) { return each.value() == value; });
    }
    void replace_phone(const char* value) {
        record.person.mutable_identifiers(0)->set_value(value);
        ++record.changed_ms;
    }

    Result<std::optional<Known>> find(const std::string&, const CrmRecord&) override {
        if (!known) return std::optional<Known>{};
        return std::optional{Known{id, here, consents}};
    }
    Digest token(const v1::Identifier& one) override {
        return sha256(std::to_string(one.type()) + one.value());
    }
    Result<std::string> normalise(v1::IdentifierType, const std::string& value) override {
        if (value == "none") return Error{Errc::malformed, "no number"};
        return value;
    }
    const std::string& name() const override {
        static const std::string crm = "crm";
        return crm;
    }
    std::size_t batch_max() const override { return 1; }
    bool wants_person() const override { return true; }
    std::chrono::milliseconds settle() const override { return {}; }
    bool wants(const v1::Event&) const override { return true; }
    std::vector<CrmOutcome> apply(std::span<const CrmEvent>) override { return {}; }
    Result<std::vector<bool>> look_up(std::span<const CrmEvent>) override {
        return std::vector<bool>{};
    }
    void stop() override {}
    Result<std::string> read_changes(const std::string&, const Wanted& wanted,
                                     const Visit& visit) override {
        record.state = static_cast<std::uint64_t>(record.changed_ms);
        if (wanted(record.record, record.state)) TILL_TRY_VOID(visit({record}));
        return std::to_string(record.changed_ms);
    }
};

}  // namespace

TEST_CASE_METHOD(Both, "inbox: a customer of the CRM comes home once, and her changes after her",
                 "[crm]") {
    CHECK(step() == 1);
    CHECK(said[0].person.given_name() == "Mei");
    CHECK(said[0].said.record() == "party/1");
    CHECK(step() == 0);
    replace_phone("+447400999999");
    CHECK(step() == 1);
    CHECK(has("+447400999999"));
    CHECK_FALSE(has("+447400123456"));
    CHECK(said[1].said.customer() == Bytes{id.value().bytes()});
    CHECK(step() == 0);
}

TEST_CASE_METHOD(Both,
                 "inbox: what a till changed and is on its way is neither undone nor said again",
                 "[crm]") {
    step();
    step();
    *here.add_identifiers() = person("", {{email, "mei@example.com"}}).identifiers(0);
    set(by_email, true, consents);
    set(by_email, false, record.consents, 0);  // The CRM has no word of it.
    replace_phone("+447400999999");            // And somebody there changes something else.
    CHECK(step() == 1);
    CHECK(has("mei@example.com"));
    CHECK(has("+447400999999"));
    CHECK(consents.front().granted);
    deliver();
    CHECK(step() == 0);
    CHECK(record.person.identifiers_size() == 2);
    // What the CRM drops later is hers no longer, and is not brought there again.
    record.person.mutable_identifiers()->RemoveLast();
    ++record.changed_ms;
    CHECK(step() == 1);
    CHECK_FALSE(has("mei@example.com"));
    deliver();
    CHECK(record.person.identifiers_size() == 1);
}

TEST_CASE_METHOD(Both, "inbox: a withdrawal in the CRM comes home, an absence there is none",
                 "[crm]") {
    set(by_sms, false, record.consents, 0);
    step();
    CHECK(step() == 0);
    CHECK(consents.empty());
    set(by_sms, true, consents);
    deliver();
    CHECK(step() == 0);
    set(by_sms, false, record.consents, 0);  // The category is taken away.
    ++record.changed_ms;
    CHECK(step() == 1);
    CHECK_FALSE(consents.front().granted);
    set(by_email, false, record.consents,
        77);  // And an address is struck off that never was on the list.
    ++record.changed_ms;
    CHECK(step() == 0);
    set(by_email, true, record.consents, 99);
    ++record.changed_ms;
    CHECK(step() == 1);
    CHECK(said.back().said.consents(0).at_ms() == 99);
}

TEST_CASE_METHOD(
    Both, "inbox: what could not be said is said the next time; what is no number finds nobody",
    "[crm]") {
    fails = true;
    CHECK_FALSE(inbox.step());
    fails = false;
    CHECK(step() == 1);
    step();
    record.person = person("Mei", {{phone, "none"}});
    record.record = "party/2";
    known = false;
    CHECK(step() == 0);
}
