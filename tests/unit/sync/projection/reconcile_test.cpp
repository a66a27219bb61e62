#include "tests/unit/sync/projection/fixture.hpp"

#include <numeric>

using namespace till;
using namespace till::sync;

namespace {

constexpr const char* day = "2026-11-23";

/// The device's figures as its own journal has them: what it counted, to which head.
DeviceFigures figures_of(const FakeJournal& till, bool verified = true) {
    v1::DayFigures said;
    said.set_journal_id(Bytes{till.journal.value().bytes()});
    said.set_store("12");
    said.set_workstation("12/3");
    said.set_business_day(day);
    said.set_upto_seq(till.envelopes.size());
    said.set_upto_hash(Bytes{view(till.mark().hash)});
    v1::CurrencyFigures& euro = *said.add_currencies();
    euro.set_currency("EUR");
    euro.set_currency_decimals(2);
    v1::TenderFigures& cash = *euro.add_tenders();
    cash.set_type(v1::TENDER_TYPE_CASH);
    for (const Envelope& envelope : till.envelopes) {
        v1::Event event;
        if (!event.ParseFromString(envelope.body) || !event.has_retail_transaction()) continue;
        const v1::Totals& totals = event.retail_transaction().totals();
        euro.set_transactions(euro.transactions() + 1);
        euro.set_gross(euro.gross() + totals.gross());
        euro.set_net(euro.net() + totals.net());
        euro.set_tax(euro.tax() + totals.tax());
        cash.set_count(cash.count() + 1);
        cash.set_applied(cash.applied() + event.retail_transaction().tenders(0).applied());
    }
    return {
        .figures = said.SerializeAsString(), .signature = "by the device", .verified = verified};
}

const ReconciledFigure& figure(const ReconciledDay& row, const std::string& name) {
    for (const ReconciledFigure& each : row.figures)
        if (each.name == name) return each;
    throw std::runtime_error{"no figure " + name};
}

void check_adds_up(const ReconciledDay& row) {
    for (const ReconciledFigure& each : row.figures) {
        const auto add = [](std::int64_t sum, const DifferenceCause& cause) {
            return sum + cause.amount;
        };
        CHECK(std::accumulate(each.causes.begin(), each.causes.end(), std::int64_t{0}, add)
              == each.device - each.centre);
    }
}

struct Fixture : Centre {
    ReconciledDay reconcile() {
        const auto rows = must(queries->reconcile(day, *store));
        REQUIRE(rows.size() == 1);
        check_adds_up(rows[0]);
        return rows[0];
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "projection: a day that both ends agree on balances", "[projection]") {
    FakeJournal till = journal();
    for (const char* receipt : {"1", "2", "3"}) add(till, sale_of(receipt, 999));
    add(till, sale_of("4", 500, -1));
    sync(till);
    CHECK_FALSE(reconcile().balanced);  // The device has not spoken.
    REQUIRE(projector->keep_figures(figures_of(till, false)));
    CHECK_FALSE(reconcile().balanced);  // It has, unsigned.
    REQUIRE(projector->keep_figures(figures_of(till)));
    const ReconciledDay row = reconcile();
    CHECK((row.balanced && row.explained));
    CHECK((figure(row, "gross").device == 2497 && figure(row, "gross").centre == 2497));
    CHECK(figure(row, "CASH count").centre == 4);
    CHECK((row.journals.at(0).events == 4
           && row.journals.at(0).chain == ReconciledJournal::Chain::same));
    CHECK(queries->reconcile("2026-11-25", *store)->empty());
}

TEST_CASE_METHOD(Fixture, "projection: what is not synced yet is the cause of the difference",
                 "[projection]") {
    FakeJournal till = journal();
    add(till, sale_of("1", 100));
    sync(till);
    add(till, sale_of("2", 250));
    REQUIRE(projector->keep_figures(figures_of(till)));
    const ReconciledDay row = reconcile();
    CHECK((!row.balanced && row.explained));
    REQUIRE(figure(row, "gross").causes.size() == 1);
    CHECK(figure(row, "gross").causes[0].amount == 250);
    CHECK(figure(row, "gross").causes[0].text.find("not yet synced: events 2 to 2") == 0);
    CHECK(row.journals[0].chain == ReconciledJournal::Chain::not_here_yet);
    sync(till);
    CHECK(reconcile().balanced);
}

TEST_CASE_METHOD(
    Fixture, "projection: exceptions, repetitions and later sales are each a cause of their own",
    "[projection]") {
    FakeJournal till = journal();
    v1::Event wrong = sale_of("2", 300);
    wrong.mutable_retail_transaction()->mutable_totals()->set_tax(99);
    for (const v1::Event& event :
         {sale_of("1", 100), wrong, foreign_sale_of("9", 50), foreign_sale_of("9", 50)})
        add(till, event);
    REQUIRE(projector->keep_figures(figures_of(till)));
    add(till, sale_of("5", 1000));
    sync(till);
    const ReconciledDay row = reconcile();
    CHECK((!row.balanced && row.explained));
    std::map<std::string, std::int64_t> causes;
    for (const DifferenceCause& each : figure(row, "gross").causes)
        causes[each.text.substr(0, 11)] = each.amount;
    CHECK(causes
          == std::map<std::string, std::int64_t>{
              {"came in aft", -1000}, {"exception 1", 300}, {"repeated tr", 50}});
}

TEST_CASE_METHOD(Fixture, "projection: an unreadable body explains what is left of a difference",
                 "[projection]") {
    FakeJournal till = journal();
    add(till, sale_of("1", 100));
    till.add(100, "rotten");
    sync(till);
    DeviceFigures said = figures_of(till);
    v1::DayFigures more;
    REQUIRE(more.ParseFromString(said.figures));
    more.mutable_currencies(0)->set_gross(175);
    said.figures = more.SerializeAsString();
    REQUIRE(projector->keep_figures(said));
    const ReconciledDay row = reconcile();
    CHECK(row.explained);
    CHECK(figure(row, "gross").causes.at(0).text.find("exception 1") == 0);
    CHECK(figure(row, "gross").causes.at(0).amount == 75);
}

TEST_CASE_METHOD(Fixture,
                 "projection: a difference nobody can name is called unknown, and a fork shows",
                 "[projection]") {
    FakeJournal till = journal();
    add(till, sale_of("1", 100));
    sync(till);
    FakeJournal elsewhere = till;
    elsewhere.envelopes.clear();
    elsewhere.hashes.clear();
    add(elsewhere, sale_of("1", 170));
    REQUIRE(projector->keep_figures(figures_of(elsewhere)));
    const ReconciledDay row = reconcile();
    CHECK((!row.balanced && !row.explained));
    CHECK(figure(row, "gross").causes.at(0).text == "unknown");
    CHECK(row.journals[0].chain == ReconciledJournal::Chain::differs);
    CHECK(projector->keep_figures({.figures = "\xff"}).error().code == Errc::malformed);
}

TEST_CASE_METHOD(Fixture, "projection: a day balances also when its events were let go of",
                 "[projection]") {
    const NoteSigner signer{make_signing_key_pair(), "certified"};
    FakeJournal till = journal();
    for (const char* receipt : {"1", "2"}) add(till, sale_of(receipt, 999));
    sync(till);
    REQUIRE(projector->keep_figures(figures_of(till)));
    add(till, event_of());
    sync(till);
    must(store->let_go(till.checkpoint(2, signer)));
    CHECK(reconcile().journals[0].chain
          == ReconciledJournal::Chain::same);  // The checkpoint tells.
    must(store->let_go(till.checkpoint(3, signer)));
    CHECK(reconcile().journals[0].chain == ReconciledJournal::Chain::let_go);
    CHECK(reconcile().balanced);
}
