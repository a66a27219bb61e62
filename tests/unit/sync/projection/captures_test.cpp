#include "tests/unit/sync/projection/fixture.hpp"

using namespace till;
using namespace till::sync;

namespace {

v1::Event captured(v1::Event event, const std::string& key, char request = 'r') {
    event.mutable_origin()->set_caller("pos");
    event.mutable_origin()->set_key(key);
    event.mutable_origin()->set_request_hash(Bytes(16, request));
    return event;
}

/// A device whose disk was restored from an older copy: the sale of its first journal comes again in
/// its second, under another receipt number.
struct Restored : Centre {
    FakeJournal first = journal();
    FakeJournal second = journal();

    Restored() {
        second.device = first.device;
        add(first, captured(sale_of("12-3-1-000001", 500), "k1"));
        add(first, captured(sale_of("12-3-1-000002", 700), "k2"));
        sync(first);
    }
};

}  // namespace

TEST_CASE_METHOD(Restored, "projection: one capture in two journals of a device counts once",
                 "[projection]") {
    add(second, captured(sale_of("12-3-2-000001", 700), "k2"));
    add(second, captured(sale_of("12-3-2-000002", 700), "k3"));
    sync(second);
    CHECK(totals() == std::map<std::string, std::int64_t>{{"12/3 2026-11-23", 500 + 700 + 700}});
    const auto noted = exceptions();
    REQUIRE(noted.size() == 1);
    CHECK((noted[0].code == "captured twice" && noted[0].held));
    CHECK_THAT(noted[0].cause, Catch::Contains("receipt 12-3-2-000001 is the same capture as "
                                               "receipt 12-3-1-000002, event 2 of journal "
                                               + first.journal.value().text()));
    must(projector->rebuild(*store));
    while (must(projector->catch_up(*store)) > 0) {}
    CHECK(totals().begin()->second == 1900);
    CHECK(exceptions().size() == 1);
}

TEST_CASE_METHOD(Restored, "projection: the same key for another command is counted and shown",
                 "[projection]") {
    add(second, captured(sale_of("12-3-2-000001", 900), "k2", 'x'));
    sync(second);
    CHECK(totals().begin()->second == 500 + 700 + 900);
    CHECK(codes() == std::vector<std::string>{"key used twice"});
    CHECK_FALSE(exceptions()[0].held);
}

TEST_CASE_METHOD(Restored, "projection: another device may use the same key", "[projection]") {
    FakeJournal other = journal();
    add(other, captured(sale_of("12-4-1-000001", 700, 1, "12/4"), "k2"));
    sync(other);
    CHECK(transactions().size() == 3);
    CHECK(codes().empty());
}

TEST_CASE_METHOD(Restored, "projection: a person may say that it was another sale after all",
                 "[projection]") {
    const auto again = captured(sale_of("12-3-2-000001", 700), "k2");
    add(second, again);
    sync(second);
    const Projector::Fix fix{.by = "amy", .note = "two coffees", .at_ms = 1};
    must(projector->correct(exceptions().at(0).id, again.SerializeAsString(), fix, *store));
    CHECK(totals().begin()->second == 500 + 700 + 700);
    must(projector->rebuild(*store));
    while (must(projector->catch_up(*store)) > 0) {}
    CHECK(totals().begin()->second == 500 + 700 + 700);
}

TEST_CASE_METHOD(Restored, "projection: controls and stock of a repeated capture count once, too",
                 "[projection]") {
    v1::Event control = event_of();
    control.mutable_tender_control()->set_type(v1::TenderControl::TYPE_PICKUP);
    control.mutable_tender_control()->set_amount(5000);
    FakeJournal third = journal();
    third.device = first.device;
    add(second, captured(control, "pickup"));
    add(third, captured(control, "pickup"));
    sync(second);
    sync(third);
    CHECK(codes() == std::vector<std::string>{"captured twice"});
}

namespace {

/// The event as a device salvages it from its damaged first journal.
v1::Event salvaged(const FakeJournal& damaged, const v1::Event& inner, std::uint64_t seq,
                   bool proved = true) {
    v1::Event event;
    *event.mutable_context() = inner.context();
    v1::SalvagedEvent& said = *event.mutable_salvaged_event();
    said.set_journal_id(Bytes{damaged.journal.value().bytes()});
    said.set_seq(seq);
    said.set_kind(static_cast<std::uint32_t>(inner.fact_case()));
    said.set_wall_ms(1'700'000'000'000);
    said.set_body(inner.SerializeAsString());
    said.set_proved(proved);
    return event;
}

}  // namespace

TEST_CASE_METHOD(Restored, "projection: a salvaged sale counts once, whichever copy comes first",
                 "[projection]") {
    const auto sold = captured(sale_of("12-3-1-000009", 900), "k9");
    add(second, salvaged(first, captured(sale_of("12-3-1-000002", 700), "k2"), 2));
    add(second, salvaged(first, sold, 9));
    sync(second);
    CHECK(totals().begin()->second == 500 + 700 + 900);
    CHECK(codes() == std::vector<std::string>{"captured twice"});
    add(first, sold);  // The damaged journal could be read after all.
    sync(first);
    CHECK(totals().begin()->second == 500 + 700 + 900);
    CHECK(exceptions().size() == 2);
}

TEST_CASE_METHOD(Restored, "projection: what nothing proves waits for a person", "[projection]") {
    add(second, salvaged(first, captured(sale_of("12-3-1-000009", 900), "k9"), 9, false));
    sync(second);
    CHECK(totals().begin()->second == 500 + 700);
    CHECK(codes() == std::vector<std::string>{"salvaged, not proved"});
    const auto sure = salvaged(first, captured(sale_of("12-3-1-000009", 900), "k9"), 9);
    const Projector::Fix fix{.by = "amy", .note = "seen on paper", .at_ms = 1};
    must(projector->correct(exceptions().at(0).id, sure.SerializeAsString(), fix, *store));
    CHECK(totals().begin()->second == 500 + 700 + 900);
}

TEST_CASE_METHOD(Restored, "projection: what a damaged journal lost is shown beside it",
                 "[projection]") {
    v1::Event event;
    event.mutable_context()->set_store("12");
    event.mutable_context()->set_workstation("3");
    v1::JournalDamaged& said = *event.mutable_journal_damaged();
    said.set_journal_id(Bytes{first.journal.value().bytes()});
    said.set_chained(39);
    said.set_head(50);
    said.set_head_known(true);
    said.add_lost()->set_first(40);
    said.mutable_lost(0)->set_last(42);
    said.add_salvaged()->set_first(43);
    said.mutable_salvaged(0)->set_last(50);
    said.set_file_name("damaged-1.db");
    said.set_cause("malformed");
    add(second, event);
    sync(second);
    std::string shown;
    for (const auto& journal : must(queries->journals(*store)))
        if (journal.row.journal == first.journal) shown = journal.damage;
    CHECK(shown == "set aside at 39, 40–42 unreadable, salvaged 43–50");
    CHECK_THAT(
        exceptions().at(0).cause,
        Catch::StartsWith("till 12/3: journal " + first.journal.value().text() + " set aside"));
}

TEST_CASE("projection: what was salvaged twice counts as what it was, where each salvage proves it",
          "[projection]") {
    Centre centre;
    FakeJournal till = centre.journal();
    Centre::add(till, salvaged(till, salvaged(till, sale_of("1", 500), 1), 2));
    Centre::add(till, salvaged(till, salvaged(till, sale_of("2", 700), 2, false), 3));
    Centre::add(till, salvaged(till, salvaged(till, sale_of("3", 900), 3), 4, false));
    v1::Event damaged;
    damaged.mutable_journal_damaged()->set_chained(7);
    Centre::add(till, salvaged(till, damaged, 5));
    centre.sync(till);
    CHECK(centre.totals().begin()->second == 500);
    CHECK(centre.codes()
          == std::vector<std::string>{"salvaged, not proved", "salvaged, not proved",
                                      "journal damaged"});
}

TEST_CASE("projection: no device says a fact of the centre's through a salvaged event",
          "[projection]") {
    Centre centre;
    FakeJournal till = centre.journal();
    v1::Event erased;
    erased.mutable_customer_erased();
    Centre::add(till, salvaged(till, erased, 1));
    centre.sync(till);
    CHECK(centre.codes() == std::vector<std::string>{"unparsable"});
}

TEST_CASE("projection: salvaged bytes that are no event are not taken for one", "[projection]") {
    Centre centre;
    FakeJournal till = centre.journal();
    v1::Event broken = salvaged(till, sale_of("2", 5), 3);
    broken.mutable_salvaged_event()->set_body("no event");
    Centre::add(till, broken);
    centre.sync(till);
    CHECK(centre.transactions().empty());
    CHECK(centre.codes() == std::vector<std::string>{"unparsable"});
}
