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
    must(projector->rebuild());
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
    must(projector->rebuild());
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
