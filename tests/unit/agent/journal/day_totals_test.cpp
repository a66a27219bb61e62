#include "agent/store/database.hpp"
#include "fixture.hpp"

using namespace till;
namespace v1 = tillstream::v1;

namespace {

v1::Event event_of(const char* day, const char* workstation = "3") {
    v1::Event event;
    event.mutable_context()->set_business_day(day);
    event.mutable_context()->set_store("12");
    event.mutable_context()->set_workstation(workstation);
    return event;
}

v1::RetailTransaction sale_of(std::int64_t gross) {
    v1::RetailTransaction sale;
    sale.set_status(v1::TRANSACTION_STATUS_COMPLETED);
    sale.set_currency("EUR");
    sale.mutable_totals()->set_gross(gross);
    v1::Tender& tender = *sale.add_tenders();
    tender.set_type(v1::TENDER_TYPE_CASH);
    tender.set_state(v1::TENDER_STATE_APPROVED);
    tender.set_applied(gross);
    return sale;
}

v1::Event sale_event(const char* day, std::int64_t gross, const char* workstation = "3") {
    v1::Event event = event_of(day, workstation);
    *event.mutable_retail_transaction() = sale_of(gross);
    return event;
}

const DayKey monday{"2026-11-23", "12", "3"};
const FigureKey sales{"EUR", Measure::transaction, 0};
const FigureKey cash{"EUR", Measure::tender, v1::TENDER_TYPE_CASH};

DayFigures figures_of(const std::vector<v1::Event>& events) {
    DayTotals totals;
    std::uint64_t seq = 0;
    for (const v1::Event& event : events) totals.add(event, Seq{++seq}, Digest{});
    return totals.days().at(monday);
}

}  // namespace

TEST_CASE("journal: a day counts completed sales, and a post-void takes one back", "[journal]") {
    v1::Event post_void = event_of("2026-11-23");
    *post_void.mutable_post_void()->mutable_reversal() = sale_of(-250);
    const DayFigures day =
        figures_of({sale_event("2026-11-23", 1000), sale_event("2026-11-23", 250),
                    sale_event("2026-11-23", -30), post_void});
    CHECK(day.figure(sales) == Figure{3, 1220});
    CHECK(day.figure({"EUR", Measure::post_void, 0}) == Figure{1, -250});
    CHECK(day.figure(cash) == Figure{4, 970});
    CHECK(day.gross("EUR") == 970);
    CHECK(day.gross("TWD") == 0);
    CHECK(day.events == 4);
    CHECK(day.first == Seq{1});
    CHECK(day.last == Seq{4});
}

TEST_CASE("journal: training, open and cancelled sales and declined tenders count nothing",
          "[journal]") {
    v1::Event training = sale_event("2026-11-23", 100), suspended = training, declined = training;
    training.mutable_retail_transaction()->set_training(true);
    suspended.mutable_retail_transaction()->set_status(v1::TRANSACTION_STATUS_SUSPENDED);
    v1::Tender& tender = *declined.mutable_retail_transaction()->mutable_tenders(0);
    tender.set_state(v1::TENDER_STATE_DECLINED);
    const DayFigures day = figures_of({training, suspended, declined});
    CHECK(day.events == 3);
    CHECK(day.figure(sales) == Figure{1, 100});
    CHECK(day.figure(cash) == Figure{});
}

TEST_CASE("journal: currencies, tender controls and workstations stay apart", "[journal]") {
    v1::Event yen = sale_event("2026-11-23", 500), pickup = event_of("2026-11-23");
    yen.mutable_retail_transaction()->set_currency("JPY");
    pickup.mutable_tender_control()->set_type(v1::TenderControl::TYPE_PICKUP);
    pickup.mutable_tender_control()->set_currency("EUR");
    pickup.mutable_tender_control()->set_amount(200);
    const DayFigures day = figures_of({yen, pickup, sale_event("2026-11-23", 7, "4")});
    CHECK(day.figure({"JPY", Measure::transaction, 0}) == Figure{1, 500});
    CHECK(day.figure(sales) == Figure{});
    CHECK(day.figure({"EUR", Measure::tender_control, v1::TenderControl::TYPE_PICKUP})
          == Figure{1, 200});
    CHECK(day.events == 2);
}

TEST_CASE("journal: amounts beyond 64 bits saturate instead of turning negative", "[journal]") {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    const DayFigures day =
        figures_of({sale_event("2026-11-23", most), sale_event("2026-11-23", 1)});
    CHECK(day.gross("EUR") == most);
}

TEST_CASE("journal: day totals are the same whenever maintenance ran", "[journal]") {
    TestJournal test;
    JournalCore core = test.create();
    const char* days[] = {"2026-11-22", "2026-11-23", "2026-11-24"};
    const int every = GENERATE(3, 7, 1000);
    for (int i = 1; i <= 60; ++i) {
        append(core, draft_of(sale_event(days[i % 3], i), std::to_string(i)));
        if (i % every == 0) REQUIRE(core.maintain());
    }
    JournalReader reader = test.reader();
    CHECK(*reader.business_days() == std::vector<std::string>(std::begin(days), std::end(days)));
    const auto totals = reader.day_totals("2026-11-23");
    REQUIRE(totals);
    REQUIRE(totals->size() == 1);
    const DayFigures& day = totals->at(monday);
    CHECK(day.figure(sales) == Figure{20, 590});
    CHECK(day.first == Seq{1});
    CHECK(day.last == Seq{58});
    CHECK(day.last_hash == *core.hash_at(Seq{58}));
    CHECK(reader.day_totals("2026-11-25")->empty());
}
