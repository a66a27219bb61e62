#include "sync/wire/centre.hpp"
#include "tests/unit/sync/projection/fixture.hpp"

#include <fstream>

using namespace till;
using namespace till::sync;
using Codes = std::vector<std::string>;

namespace {

constexpr auto phone = v1::IDENTIFIER_TYPE_PHONE;
constexpr auto email = v1::IDENTIFIER_TYPE_EMAIL;
constexpr auto card = v1::IDENTIFIER_TYPE_LOYALTY_CARD;

v1::Event consent(bool granted) {
    v1::Event event = event_of();
    v1::ConsentSet& set = *event.mutable_consent_set();
    set.set_purpose(v1::ConsentSet::PURPOSE_MARKETING);
    set.set_channel(v1::ConsentSet::CONSENT_CHANNEL_EMAIL);
    set.set_granted(granted);
    return event;
}

v1::Event claim_of(const std::string& receipt) {
    v1::Event event = event_of();
    event.mutable_customer_identified()->set_transaction(receipt);
    return event;
}

}  // namespace

TEST_CASE_METHOD(Centre, "projection: one customer's purchases over all tills come in one answer",
                 "[projection]") {
    FakeJournal one = journal(), two = journal();
    add_for(one, sale_of("1", 100), {{phone, "+886912345678"}, {card, "77001"}});
    add_for(two, sale_of("2", 200, 1, "12/4"), {{card, "77001"}});
    add(two, sale_of("3", 300, 1, "12/4"));
    sync(one);
    sync(two);
    const auto customer = **vault->find(phone, "+886912345678");
    const CustomerView view = must(queries->customer({{customer}}));
    REQUIRE(view.purchases.size() == 2);
    CHECK(view.purchases[0].gross + view.purchases[1].gross == 300);
    CHECK(queries->customer({{CustomerId{random.uuid()}}}).error().code == Errc::not_found);
    CHECK(exceptions().empty());
}

TEST_CASE_METHOD(Centre, "projection: a receipt is claimed once, also before it comes in",
                 "[projection]") {
    FakeJournal seller = journal(), desk = journal();
    add(seller, sale_of("1", 100));
    add_for(desk, claim_of("1"), {{card, "77001"}});
    sync(desk);
    CHECK(codes() == Codes{"claim of unknown"});
    sync(seller);
    CHECK(exceptions().empty());
    CHECK(transactions().at(0).customer == **vault->find(card, "77001"));
    add_for(desk, claim_of("1"), {{card, "77001"}});
    sync(desk);
    CHECK(exceptions().empty());
    add_for(desk, claim_of("1"), {{card, "77002"}});
    sync(desk);
    CHECK(codes() == Codes{"claimed twice"});
}

TEST_CASE_METHOD(
    Centre, "projection: two customers named as one, with other names, are for a person to look at",
    "[projection]") {
    FakeJournal till = journal();
    add_for(till, sale_of("1", 100), {{phone, "+886912345678"}}, "Chen");
    add_for(till, sale_of("2", 100), {{card, "77001"}}, "Lin");
    add_for(till, sale_of("3", 100), {{phone, "+886912345678"}, {card, "77001"}});
    sync(till);
    CHECK(codes() == Codes{"two customers"});
    CHECK(vault->merge_suggestions()->size() == 1);
}

TEST_CASE_METHOD(Centre,
                 "projection: a sealed part that does not open costs the sale only its customer",
                 "[projection]") {
    FakeJournal till = journal();
    v1::Event event = sale_of("1", 100);
    event.mutable_sealed()->set_key_id(99);
    add(till, event, "sealed to a key that is gone");
    event.mutable_numbers()->set_receipt_number("2");
    event.mutable_sealed()->set_key_id(3);
    add(till, event, Bytes(80, 'x'));
    sync(till);
    CHECK(codes() == Codes{"sealed part", "sealed part"});
    CHECK(totals()["12/3 2026-11-23"] == 200);
}

TEST_CASE_METHOD(Centre, "projection: a withdrawal wins where clocks leave it open which came last",
                 "[projection]") {
    FakeJournal till = journal();
    add_for(till, consent(false), {{card, "77001"}});
    add_for(till, consent(true), {{card, "77001"}});  // A second later.
    REQUIRE(store->bind(till.hello()));
    Append run = till.all();
    const std::int64_t error_ms = GENERATE(400, 600);
    run.clocks.assign(run.envelopes.size(), {0, error_ms});
    REQUIRE(store->commit({&run, 1})->front().won);
    REQUIRE(projector->catch_up(*store));
    const auto view = must(queries->customer({{**vault->find(card, "77001")}}));
    REQUIRE(view.consents.size() == 1);
    CHECK(view.consents[0].granted == (error_ms == 400));
}

TEST_CASE_METHOD(Centre, "projection: no file of the centre shows a name, phone, e-mail or card",
                 "[projection]") {
    FakeJournal till = journal();
    add_for(till, sale_of("1", 100),
            {{phone, "+886912345678"}, {email, "mei@example.org"}, {card, "77001234"}},
            "Wang Meiling");
    sync(till);
    REQUIRE(projector->checkpoint());
    REQUIRE(vault->checkpoint());
    REQUIRE(store->tidy());
    CHECK(vault->show(**vault->find(card, "77001234"))->family_name() == "Wang Meiling");
    for (const auto& file : std::filesystem::directory_iterator{scratch.path}) {
        std::ifstream in{file.path(), std::ios::binary};
        const Bytes raw{std::istreambuf_iterator<char>{in}, {}};
        CAPTURE(file.path());
        for (const char* secret : {"912345678", "mei@", "example.org", "77001234", "Meiling"})
            CHECK(raw.find(secret) == Bytes::npos);
    }
}

namespace {

v1::Event merged(const CustomerId& kept, const CustomerId& other) {
    v1::Event event;
    event.mutable_customers_merged()->set_kept(Bytes{kept.value().bytes()});
    event.mutable_customers_merged()->set_merged(Bytes{other.value().bytes()});
    return event;
}

v1::Event erased(const CustomerId& customer) {
    v1::Event event;
    event.mutable_customer_erased()->set_customer(Bytes{customer.value().bytes()});
    return event;
}

}  // namespace

TEST_CASE_METHOD(Centre,
                 "projection: purchases and cards follow two customers who are one, and part again",
                 "[projection]") {
    FakeJournal till = journal(), own = journal();
    own.device = centre_device();
    add_for(till, sale_of("1", 100), {{phone, "+886912345678"}}, "Chen");
    add_for(till, sale_of("2", 200), {{card, "77001"}}, "Lin");
    sync(till);
    const CustomerId one = **vault->find(phone, "+886912345678");
    const CustomerId two = **vault->find(card, "77001");
    REQUIRE(one != two);
    add(own, merged(one, two));
    sync(own);
    CHECK(**vault->find(card, "77001") == one);
    CHECK(must(queries->customer(must(vault->family(two)))).purchases.size() == 2);
    v1::Event apart;
    apart.mutable_customers_separated()->set_kept(Bytes{one.value().bytes()});
    apart.mutable_customers_separated()->set_merged(Bytes{two.value().bytes()});
    add(own, apart);
    sync(own);
    CHECK(**vault->find(card, "77001") == two);
    CHECK(must(queries->customer(must(vault->family(two)))).purchases.size() == 1);
    CHECK(exceptions().empty());
}

TEST_CASE_METHOD(
    Centre, "projection: who was erased leaves her sealed parts to be deleted, late ones as well",
    "[projection]") {
    FakeJournal till = journal(), late = journal(), own = journal();
    own.device = centre_device();
    add_for(till, sale_of("1", 100), {{card, "77001"}}, "Chen");
    add_for(late, sale_of("2", 200), {{card, "77001"}}, "Chen");
    sync(till);
    add(own, erased(**vault->find(card, "77001")));
    sync(own);
    sync(late);
    CHECK_FALSE(*vault->find(card, "77001"));
    const auto wanted = must(projector->sealed_to_erase(10));
    REQUIRE(wanted.size() == 2);
    for (const auto& [journal, events] : wanted) {
        must(store->erase_sealed(journal, events));
        must(projector->erased(journal, events));
        CHECK(must(store->read(journal, Seq{0}, 1000, 1)).front().envelope.sealed.empty());
    }
    CHECK(must(projector->sealed_to_erase(10)).empty());
    CHECK(transactions().size() == 2);  // What was sold was sold.
    CHECK_FALSE(transactions().at(1).customer);
    CHECK(exceptions().empty());
}

TEST_CASE_METHOD(Centre, "projection: no till can merge or erase customers", "[projection]") {
    FakeJournal till = journal();
    add_for(till, sale_of("1", 100), {{card, "77001"}});
    sync(till);
    add(till, erased(**vault->find(card, "77001")));
    sync(till);
    CHECK(codes() == Codes{"not the centre's"});
    CHECK(*vault->find(card, "77001"));
}

TEST_CASE_METHOD(Centre,
                 "projection: a CRM's word of a consent alone is hers, by its record or her id",
                 "[projection]") {
    FakeJournal own = journal();
    own.device = centre_device();
    v1::Event event;
    event.mutable_customer_changed()->set_source("crm");
    event.mutable_customer_changed()->set_record("party/1");
    add_for(own, event, {{card, "77001"}}, "Chen");
    v1::ConsentSet& consent = *event.mutable_customer_changed()->add_consents();
    consent.set_purpose(v1::ConsentSet::PURPOSE_MARKETING);
    consent.set_channel(v1::ConsentSet::CONSENT_CHANNEL_SMS);
    consent.set_granted(true);
    add(own, event);
    sync(own);
    const CustomerId she = **vault->find(card, "77001");
    CHECK(must(queries->customer_of_record("crm", "party/1")) == she);
    REQUIRE(must(queries->customer({{she}})).consents.size() == 1);
    event.mutable_customer_changed()->clear_record();
    event.mutable_customer_changed()->set_customer(Bytes{she.value().bytes()});
    event.mutable_customer_changed()->mutable_consents(0)->set_granted(false);
    add(own, event);
    sync(own);
    CHECK_FALSE(must(queries->customer({{she}})).consents.at(0).granted);
    CHECK(exceptions().empty());
}
