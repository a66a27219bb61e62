#include "tests/unit/sync/projection/fixture.hpp"

#include "agent/store/database.hpp"

using namespace till;
using namespace till::sync;
using Codes = std::vector<std::string>;

namespace {

v1::Event post_void_of(const v1::Event& sold, const FakeJournal& journal, std::uint64_t seq) {
    v1::Event event = sold;
    event.mutable_numbers()->set_receipt_number("void of " + sold.numbers().receipt_number());
    v1::PostVoid& post_void = *event.mutable_post_void();
    post_void.set_receipt_number(sold.numbers().receipt_number());
    post_void.set_journal_id(Bytes{journal.journal.value().bytes()});
    post_void.set_seq(seq);
    v1::Event negated = sale_of("", sold.retail_transaction().totals().gross(), -1);
    *post_void.mutable_reversal() = negated.retail_transaction();
    post_void.mutable_reversal()->mutable_lines(0)->set_kind(v1::LINE_KIND_SALE);
    return event;
}

v1::Event control(v1::ControlTransaction::Type type) {
    v1::Event event = event_of();
    event.mutable_control_transaction()->set_type(type);
    event.mutable_control_transaction()->set_business_day("2026-11-23");
    return event;
}

v1::Event return_of(const std::string& receipt, const std::string& original,
                    std::int64_t quantity) {
    v1::Event event = sale_of(receipt, 500, -quantity);
    v1::OriginalLine& line =
        *event.mutable_retail_transaction()->mutable_lines(0)->mutable_original();
    line.set_store("12");
    line.set_workstation("12/3");
    line.set_business_day("2026-11-23");
    line.set_transaction(original);
    line.set_line(1);
    return event;
}

TEST_CASE_METHOD(
    Centre,
    "projection: what a CRM refuses is an exception until it is taken, and counts all the while",
    "[projection]") {
    auto till = journal();
    add(till, sale_of("1", 100));
    add(till, sale_of("2", 200));
    sync(till);
    const Seq first{till.envelopes.front().seq}, second{till.envelopes.back().seq};
    const std::vector<Projector::Refused> both{
        {till.journal, first, "lines[0].item.sku", "unknown"}, {till.journal, second, "", "no"}};
    must(projector->note_refused("shop", both, 5));
    must(projector->note_refused("shop", both, 5));
    REQUIRE(codes() == std::vector<std::string>{"refused by shop", "refused by shop"});
    CHECK(transactions().size() == 2);
    must(projector->note_refused("shop", std::span{both}.first(1), 6));
    REQUIRE(exceptions().size() == 1);
    CHECK(exceptions()[0].field == "lines[0].item.sku");

    const Projector::Fix fix{.by = "ann", .note = "renamed", .at_ms = 7};
    auto renamed = sale_of("1", 100);
    renamed.mutable_retail_transaction()->mutable_lines(0)->mutable_item()->set_sku("B");
    auto cheaper = renamed;
    cheaper.mutable_retail_transaction()->mutable_totals()->set_gross(1);
    const auto id = exceptions()[0].id;
    CHECK(projector->correct(id, cheaper.SerializeAsString(), fix, *store).error().field
          == "totals");
    must(projector->correct(id, renamed.SerializeAsString(), fix, *store));
    CHECK(exceptions().empty());
    CHECK(must(queries->standing(till.journal, first, "shop")).correction
          == renamed.SerializeAsString());
    CHECK_FALSE(must(queries->standing(till.journal, first, "other")).correction);

    // Refused again it is open again, and can be corrected again; a rebuild keeps what only that CRM is told.
    must(projector->note_refused("shop", std::span{both}.first(1), 8));
    must(projector->correct(exceptions().at(0).id, renamed.SerializeAsString(), fix, *store));
    must(projector->rebuild(*store));
    while (must(projector->catch_up(*store)) > 0) {}
    CHECK(transactions().size() == 2);
    CHECK(must(queries->standing(till.journal, first, "shop")).counts);
    CHECK(must(queries->standing(till.journal, first, "shop")).correction);
}

TEST_CASE_METHOD(
    Centre,
    "projection: what a CRM is told is measured against what counts, not against what was stored",
    "[projection]") {
    auto till = journal();
    till.add(100, "\xff\xff\xff poison");
    add(till, sale_of("2", 200));
    v1::Event salvage;
    salvage.mutable_salvaged_event()->set_journal_id(Bytes(16, 'j'));
    salvage.mutable_salvaged_event()->set_seq(9);
    salvage.mutable_salvaged_event()->set_kind(100);
    salvage.mutable_salvaged_event()->set_proved(true);
    salvage.mutable_salvaged_event()->set_body(sale_of("3", 300).SerializeAsString());
    add(till, salvage);
    sync(till);
    const Projector::Fix fix{.by = "ann", .note = "read again", .at_ms = 7};
    must(projector->correct(exceptions().at(0).id, sale_of("1", 100).SerializeAsString(), fix,
                            *store));
    REQUIRE(transactions().size() == 3);
    const std::vector<Projector::Refused> refused{{till.journal, Seq{1}, "", "no"},
                                                  {till.journal, Seq{3}, "", "no"}};
    must(projector->note_refused("shop", refused, 8));
    const auto corrected = exceptions().at(0).id, salvaged = exceptions().at(1).id;
    CHECK(projector->correct(corrected, sale_of("1", 101).SerializeAsString(), fix, *store)
              .error()
              .field
          == "totals");
    must(projector->correct(corrected, sale_of("1", 100).SerializeAsString(), fix, *store));
    auto dearer = salvage;
    dearer.mutable_salvaged_event()->set_body(sale_of("3", 301).SerializeAsString());
    CHECK(projector->correct(salvaged, dearer.SerializeAsString(), fix, *store).error().field
          == "totals");
    must(projector->correct(salvaged, salvage.SerializeAsString(), fix, *store));
}

}  // namespace

TEST_CASE_METHOD(Centre, "projection: a sale becomes a row with its context, time and trace",
                 "[projection]") {
    FakeJournal till = journal();
    add(till, sale_of("12-3-1-000001", 1999, 2));
    REQUIRE(store->bind(till.hello()));
    Append run = till.all();
    run.clocks.assign(run.envelopes.size(), {1500, 20});
    REQUIRE(store->commit({&run, 1})->front().won);
    CHECK(*projector->catch_up(*store) == 1);
    const TransactionRow row = transactions().at(0);
    CHECK((row.journal == till.journal && row.seq == Seq{1} && row.number == "12-3-1-000001"));
    CHECK((row.gross == 3998 && row.currency == "EUR" && row.decimals == 2));
    CHECK(row.corrected_ms == till.envelopes[0].times.wall.value() + 1500);
    CHECK((row.error_ms == 20 && row.operator_id == "amy" && row.trace_id == Bytes(16, 't')));
    CHECK(exceptions().empty());
}

TEST_CASE_METHOD(Centre,
                 "projection: the same number and content counts once over journals, other content "
                 "is an exception",
                 "[projection]") {
    FakeJournal first = journal(), second = journal();
    add(first, foreign_sale_of("536365", 500));
    add(second, foreign_sale_of("536365", 500));
    add(second, foreign_sale_of("536365", 600));
    sync(first);
    sync(second);
    CHECK(totals() == std::map<std::string, std::int64_t>{{"12/3 2026-11-23", 500}});
    REQUIRE(codes() == Codes{"conflict"});
    const ExceptionRow held = exceptions()[0];
    CHECK((held.journal == second.journal && held.seq == Seq{2} && held.held
           && held.field == "source.number"));
}

TEST_CASE_METHOD(Centre, "projection: bodies that cannot be read hold up nobody", "[projection]") {
    FakeJournal till = journal();
    add(till, sale_of("1", 100));
    till.add(100, "\xff\xff\xff poison");
    till.add(150, sale_of("2", 200).SerializeAsString());  // Its envelope says another kind.
    till.add(77'000, "from a newer till");
    add(till, sale_of("3", 300));
    sync(till);
    CHECK(totals()["12/3 2026-11-23"] == 400);
    CHECK(codes() == Codes{"unparsable", "unparsable"});
    CHECK(*projector->cursor(till.journal) == Seq{5});
    CHECK(*projector->reproject_parked(*store) == 0);  // Still unknown.
}

TEST_CASE_METHOD(Centre, "projection: an event that the tables refuse becomes an exception, too",
                 "[projection]") {
    auto db = *Database::open({.file = scratch.path / "projection.db"});
    REQUIRE(
        db.execute("CREATE TRIGGER refuse BEFORE INSERT ON transactions WHEN new.number = 'poison' "
                   "BEGIN SELECT raise(ABORT, 'no'); END"));
    FakeJournal till = journal();
    for (const char* receipt : {"1", "poison", "3"}) add(till, sale_of(receipt, 100));
    sync(till);
    CHECK(transactions().size() == 2);
    CHECK(codes() == Codes{"unprojectable"});
}

TEST_CASE_METHOD(Centre,
                 "projection: a held sale is corrected, and its original stays in the ledger",
                 "[projection]") {
    FakeJournal till = journal();
    v1::Event wrong = sale_of("1", 100);
    wrong.mutable_retail_transaction()->mutable_totals()->set_gross(1000);
    add(till, wrong);
    sync(till);
    REQUIRE(transactions().empty());
    const auto held = exceptions();
    REQUIRE(held.size() == 2);  // Gross, and net by it.
    const Projector::Fix fix{"it", "read off the paper", 5};
    const auto refused = projector->correct(held[0].id, wrong.SerializeAsString(), fix, *store);
    CHECK(refused.error().field == "totals.gross");
    CHECK(exceptions().size() == 2);
    REQUIRE(projector->correct(held[0].id, sale_of("1", 100).SerializeAsString(), fix, *store));
    CHECK(exceptions().empty());
    CHECK(totals()["12/3 2026-11-23"] == 100);
    CHECK(queries->exception(held[0].id)->corrected);
    CHECK(store->read(till.journal, Seq{0}, 1, 1)->at(0).envelope.body
          == wrong.SerializeAsString());
    REQUIRE(projector->rebuild(*store));
    while (*projector->catch_up(*store) > 0) {}
    CHECK(totals()["12/3 2026-11-23"] == 100);
}

TEST_CASE_METHOD(Centre, "projection: an exception is closed once, by somebody", "[projection]") {
    FakeJournal till = journal();
    till.add(100, "poison");
    sync(till);
    const std::int64_t id = exceptions().at(0).id;
    REQUIRE(projector->close(id, {"it", "a test event", 7}));
    CHECK(projector->close(id, {"it", "again", 8}).error().code == Errc::conflict);
    CHECK(projector->close(999, {"it", "", 8}).error().code == Errc::not_found);
    const ExceptionRow row = *queries->exception(id);
    CHECK((!row.open && row.fixed_by == "it" && row.note == "a test event" && row.fixed_ms == 7));
    CHECK(exceptions().empty());
}

TEST_CASE_METHOD(Centre, "projection: a post-void finds its sale, before or after it came in",
                 "[projection]") {
    FakeJournal seller = journal(), voider = journal();
    const v1::Event sold = sale_of("1", 500);
    add(seller, sold);
    add(voider, post_void_of(sold, seller, 1));
    sync(voider);
    CHECK(codes() == Codes{"post-void of unknown"});
    CHECK(totals()["12/3 2026-11-23"] == -500);
    reopen();  // What it waits for survives a restart.
    sync(seller);
    CHECK(exceptions().empty());
    CHECK(totals()["12/3 2026-11-23"] == 0);
    const auto rows = transactions();
    CHECK(std::ranges::count_if(rows, [](const TransactionRow& row) { return row.voided; }) == 1);
    v1::Event again = post_void_of(sold, seller, 1);
    again.mutable_numbers()->set_receipt_number("another");
    add(voider, again);
    sync(voider);
    CHECK(codes() == Codes{"voided twice"});
}

TEST_CASE_METHOD(Centre, "projection: a line comes back as often as it was sold, over all tills",
                 "[projection]") {
    FakeJournal one = journal(), two = journal();
    add(one, sale_of("1", 500, 3));
    add(one, return_of("2", "1", 1));
    add(two, return_of("3", "1", 2));
    sync(one);
    sync(two);
    CHECK(exceptions().empty());
    add(two, return_of("4", "1", 1));
    add(one, return_of("5", "not seen here", 1));
    sync(two);
    sync(one);
    CHECK(codes() == Codes{"returned twice"});
    add(two, return_of("6", "not seen here", 1));
    sync(two);
    CHECK(codes() == Codes{"returned twice", "returned twice"});
    CHECK(totals()["12/3 2026-11-23"] == 1500 - 500 * 6);  // They happened, and count.
}

TEST_CASE_METHOD(Centre,
                 "projection: every opening of a drawer is a row; one without order is looked at",
                 "[projection]") {
    FakeJournal till = journal();
    const auto opened = [](v1::DrawerOpened::Cause cause, bool sensed) {
        v1::Event event = event_of();
        event.mutable_drawer_opened()->set_cause(cause);
        event.mutable_drawer_opened()->set_sensed(sensed);
        return event;
    };
    v1::Event shut = event_of();
    shut.mutable_drawer_stayed_shut()->set_ordered(2);
    add(till, opened(v1::DrawerOpened::CAUSE_ORDERED, false));
    add(till, opened(v1::DrawerOpened::CAUSE_ORDERED, true));
    add(till, shut);
    add(till, opened(v1::DrawerOpened::CAUSE_WITHOUT_ORDER, true));
    sync(till);
    auto tables = must(Database::open({.file = scratch.path / "projection.db"}));
    std::vector<std::int64_t> became;
    auto rows = must(tables.prepare("SELECT opened FROM drawer_openings ORDER BY event"));
    must(rows.each([&](const Row& row) { became.push_back(row.integer(0)); }));
    CHECK(became == std::vector<std::int64_t>{0, 2, 1});
    CHECK(codes() == Codes{"drawer without order"});
    CHECK_FALSE(exceptions()[0].held);
}

TEST_CASE_METHOD(Centre, "projection: what arrives for a closed day is a numbered amendment",
                 "[projection]") {
    FakeJournal till = journal();
    add(till, sale_of("1", 100));
    add(till, control(v1::ControlTransaction::TYPE_DAY_CLOSE));
    add(till, sale_of("2", 200));
    add(till, sale_of("3", 300));
    sync(till);
    std::vector<std::uint32_t> amendments;
    for (const TransactionRow& row : transactions()) amendments.push_back(row.amendment);
    CHECK(amendments == std::vector<std::uint32_t>{0, 1, 2});
}

TEST_CASE_METHOD(Centre, "projection: a run with a gap is refused and changes nothing",
                 "[projection]") {
    FakeJournal till = journal();
    for (const char* receipt : {"1", "2", "3"}) add(till, sale_of(receipt, 100));
    const auto stored = till.stored();
    CHECK(projector->apply(till.journal, std::span{stored}.subspan(1)).error().code
          == Errc::out_of_range);
    REQUIRE(projector->apply(till.journal, std::span{stored}.first(2)));
    REQUIRE(projector->apply(till.journal, stored));  // Overlaps what is there.
    CHECK(transactions().size() == 3);
}

TEST_CASE_METHOD(Centre, "projection: a currency that is not the day's is looked at",
                 "[projection]") {
    FakeJournal till = journal();
    add(till, sale_of("1", 100));
    v1::Event other = sale_of("2", 100);
    other.mutable_retail_transaction()->set_currency("USD");
    add(till, other);
    sync(till);
    CHECK(codes() == Codes{"mixed currencies"});
    CHECK(transactions().size() == 2);
}

TEST_CASE_METHOD(Centre, "projection: what is parked, held or not projected yet is still needed",
                 "[projection]") {
    FakeJournal till = journal(), other = journal();
    CHECK(*projector->settled(till.journal) == Seq{0});
    add(till, sale_of("1", 100));
    add(till, sale_of("2", 100));
    sync(till);
    CHECK(*projector->settled(till.journal) == Seq{2});
    v1::Event wrong = sale_of("3", 100);
    wrong.mutable_retail_transaction()->mutable_totals()->set_gross(1000);
    add(till, wrong);
    add(till, sale_of("4", 100));
    till.add(49'999, "a kind of later years");
    add(till, sale_of("6", 100));
    add(other, sale_of("7", 100));
    sync(till);
    sync(other);
    CHECK(*projector->settled(till.journal) == Seq{2});
    REQUIRE(projector->correct(exceptions()[0].id, sale_of("3", 100).SerializeAsString(),
                               {"it", "read off the paper", 5}, *store));
    CHECK(*projector->settled(till.journal) == Seq{4});
    CHECK(*projector->settled(other.journal) == Seq{1});
}

TEST_CASE_METHOD(Centre, "projection: tables are not emptied that the ledger can no longer fill",
                 "[projection]") {
    const NoteSigner signer{make_signing_key_pair(), "certified"};
    FakeJournal till = journal(), other = journal();
    for (const char* receipt : {"1", "2", "3"}) add(till, sale_of(receipt, 100));
    sync(till);
    must(store->let_go(till.checkpoint(2, signer)));
    CHECK(projector->rebuild(*store).error().code == Errc::unsupported);
    CHECK(totals()["12/3 2026-11-23"] == 300);

    std::filesystem::remove(scratch.path / "projection.db");  // Lost, and no backup.
    reopen();
    add(other, sale_of("4", 100));
    must(store->bind(other.hello()));
    const Append run = other.all();
    REQUIRE(must(store->commit({&run, 1})).front().won);
    const auto stuck = projector->catch_up(*store);
    CHECK_THAT(stuck.error().detail, Catch::Contains("restore projection.db"));
    CHECK(transactions().size() == 1);  // Other journals go on.
}
