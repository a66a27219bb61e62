#include "agent/crypto/hash.hpp"
#include "agent/journal/erasing.hpp"
#include "agent/journal/salvage.hpp"
#include "agent/store/database.hpp"
#include "tests/unit/agent/journal/fixture.hpp"

using namespace till;
using namespace std::chrono_literals;

namespace {

constexpr const char* store = "a store.........";

/// A till whose centre confirms; both clocks are the test's.
struct KeptJournal : TestJournal {
    std::int64_t centre_time = 1'700'000'000'000;

    void pass(std::chrono::milliseconds time) {
        centre_time += time.count();
        clock.ticks += time.count();
    }
    /// The centre has all so far, and signs for it.
    void confirm(JournalCore& core, const Bytes& epoch = store) {
        sync::KeptNote kept;
        kept.note.store_epoch = epoch;
        kept.note.journal = core.identity().journal;
        kept.note.last = core.head().seq;
        kept.note.hash = core.head().hash;
        kept.note.time = WallTime{centre_time};
        kept.note.key_id = "12345678";
        kept.note.signature = Bytes(64, 's');
        kept.key = {Bytes(32, 'k'), "vouched for"};
        REQUIRE(core.acknowledge({core.head().seq, epoch}));
        REQUIRE(core.keep_note(kept));
    }
    /// Sales a, b, …, confirmed; then two days pass, and one more is sold and confirmed.
    JournalCore old_and_new(int old_sales) {
        auto core = create();
        for (int i = 0; i < old_sales; ++i) append(core, some_draft("old-" + std::to_string(i)));
        confirm(core);
        pass(48h);
        append(core, some_draft("new"));
        confirm(core);
        return core;
    }
};

void let_go(JournalCore& core, std::chrono::milliseconds age, Seq upto = Seq{1'000'000}) {
    core.let_go({.age = age, .upto = upto});
    while (core.maintenance() != JournalCore::Maintenance::none) REQUIRE(core.maintain());
}

std::size_t events_in(JournalCore& core) { return core.read(Seq{0}, 1 << 20, 5000)->size(); }

}  // namespace

TEST_CASE("journal: what the centre confirmed long ago is let go of, and the rest still proves it",
          "[journal]") {
    KeptJournal journal;
    auto core = journal.old_and_new(700);  // More than one step.
    REQUIRE(events_in(core) == 701);
    let_go(core, 24h);
    CHECK(core.kept_from().seq == Seq{700});
    CHECK(events_in(core) == 1);
    CHECK(journal.verify().starts_with("1 to 701, no holes, one chain"));
    CHECK(journal.verify().ends_with("1 to 700 are at the centre only, as its note says"));
    append(core, some_draft("next"));
    CHECK(journal.open().head().seq == Seq{702});
}

TEST_CASE("journal: whoever asks again for an event that was let go of gets its first answer",
          "[journal]") {
    KeptJournal journal;
    auto core = journal.create();
    tillstream::v1::Event event;
    event.mutable_origin()->set_request_hash(Bytes(16, 'r'));
    event.mutable_context()->set_business_day("2026-11-23");
    auto& sale = *event.mutable_retail_transaction();
    sale.set_currency("EUR");
    sale.set_currency_decimals(2);
    sale.mutable_totals()->set_gross(1234);
    sale.mutable_totals()->set_change(66);
    sale.set_order_id("what an answer does not need");
    const auto first = append(core, draft_of(event, "a"));
    journal.confirm(core);
    journal.pass(48h);
    append(core, some_draft("b"));
    journal.confirm(core);
    let_go(core, 24h);
    REQUIRE(core.kept_from().seq == Seq{1});

    for (auto* asked : {&core}) {
        const auto again = append(*asked, draft_of(event, "a"));
        CHECK(again.replayed);
        CHECK(again.seq == first.seq);
        CHECK(again.receipt_number == first.receipt_number);
        CHECK(again.transaction_number == first.transaction_number);
        tillstream::v1::Event left;
        REQUIRE(left.ParseFromString(asked->event(again)->body));
        CHECK(left.origin().request_hash() == Bytes(16, 'r'));
        CHECK(left.context().business_day() == "2026-11-23");
        CHECK(left.retail_transaction().totals().gross() == 1234);
        CHECK(left.retail_transaction().totals().change() == 66);
        CHECK(left.retail_transaction().currency() == "EUR");
        CHECK(left.retail_transaction().order_id().empty());
    }
    auto other = draft_of(event, "a");
    other.request_hash = Bytes(16, 'x');
    const auto refused = core.append({&other, 1});
    CHECK(refused->front().error().code == Errc::conflict);
}

TEST_CASE("journal: nothing is let go of before both clocks say that it is old", "[journal]") {
    KeptJournal journal;
    auto core = journal.create();
    append(core, some_draft("a"));
    journal.confirm(core);
    const std::chrono::milliseconds leap = 400 * 24h;
    SECTION("the centre's clock leapt") { journal.centre_time += leap.count(); }
    SECTION("the device's clock leapt") { journal.clock.ticks += leap.count(); }
    append(core, some_draft("b"));
    journal.confirm(core);
    let_go(core, 24h);
    CHECK(core.kept_from().seq == Seq{0});
}

TEST_CASE("journal: nothing is let go of that is not confirmed by the store of now", "[journal]") {
    KeptJournal journal;
    auto core = journal.old_and_new(3);
    SECTION("it was not acknowledged there") { REQUIRE(core.acknowledge({Seq{0}, store})); }
    SECTION("another store acknowledges now") {
        REQUIRE(core.acknowledge({Seq{4}, "another........."}));
    }
    SECTION("another store has confirmed all, just now") {
        journal.confirm(core, "another.........");
    }
    SECTION("the owner still needs it") { return let_go(core, 24h, Seq{0}); }
    let_go(core, 24h);
    CHECK(core.kept_from().seq == Seq{0});
}

TEST_CASE("journal: the last event stays, however old it is", "[journal]") {
    KeptJournal journal;
    auto core = journal.create();
    append(core, some_draft("a"));
    append(core, some_draft("b"));
    journal.confirm(core);
    journal.pass(48h);
    journal.confirm(core);
    let_go(core, 24h);
    CHECK(core.kept_from().seq == Seq{1});
    CHECK(journal.open().head().seq == Seq{2});
}

TEST_CASE("journal: a day's figures outlast the events they are made of", "[journal]") {
    KeptJournal journal;
    auto core = journal.old_and_new(50);
    const auto before = journal.reader().day_totals("2026-11-23");
    let_go(core, 24h);
    REQUIRE(core.kept_from().seq == Seq{50});
    const auto after = journal.reader().day_totals("2026-11-23");
    REQUIRE(after);
    REQUIRE(after->size() == 1);
    CHECK(after->begin()->second.events == 51);
    CHECK(after->begin()->second.last_hash == before->begin()->second.last_hash);
}

TEST_CASE("journal: an event that does not follow is not let go of: it is damage", "[journal]") {
    KeptJournal journal;
    auto core = journal.old_and_new(3);
    {
        auto database = Database::open({.file = journal.options.file});
        REQUIRE(database->execute("UPDATE event SET wall = 1 WHERE seq = 2"));
    }
    core.let_go({.age = 24h, .upto = Seq{3}});
    CHECK(core.maintain().error().code == Errc::corrupt);
    CHECK(journal.open().kept_from().seq == Seq{0});
}

TEST_CASE("journal: a beginning that was cut off by hand is not taken for let go of", "[journal]") {
    KeptJournal journal;
    auto core = journal.old_and_new(5);
    let_go(core, 24h);
    auto database = Database::open({.file = journal.options.file});
    SECTION("the notes are gone") { REQUIRE(database->execute("DELETE FROM note")); }
    SECTION("a note says otherwise") {
        REQUIRE(database->execute("UPDATE note SET last_hash = zeroblob(32)"));
    }
    SECTION("the checkpoint's hash is another") {
        REQUIRE(database->execute("UPDATE checkpoint SET hash = zeroblob(32)"));
    }
    CHECK(journal.verify().starts_with("event "));
}

TEST_CASE("salvage: what was let go of is no loss, and is answered for as before", "[journal]") {
    KeptJournal journal;
    {
        auto core = journal.old_and_new(300);
        append(core, some_draft("unsent"));
        let_go(core, 24h);
        REQUIRE(core.kept_from().seq == Seq{300});
    }
    const auto healed = journal.scratch.path / "healed.db";
    const auto report = salvage_journal({.damaged = journal.options.file,
                                         .into = healed,
                                         .identity = some_identity(),
                                         .cause = "a test",
                                         .kept_as = "damaged-1.db"});
    REQUIRE(report);
    CHECK(report->lost_size() == 0);
    CHECK(report->chained() == 302);
    CHECK(JournalReader::open(healed)->verify()->summary().starts_with("1 to 302, no holes"));
    journal.options.file = healed;
    auto core = journal.open();
    CHECK(append(core, some_draft("old-7")).seq == Seq{8});
    CHECK(append(core, some_draft("unsent")).seq == Seq{302});
}

TEST_CASE(
    "journal: an erased sealed part leaves its hash and a chain that verifies, here and in an old "
    "file",
    "[journal]") {
    KeptJournal journal;
    const std::string name = "sealed: Clothilde Vandermeer";
    {
        auto core = journal.create();
        Draft draft = some_draft("hers");
        draft.sealed = name;
        append(core, std::move(draft));
        append(core, some_draft("nobody's"));
        for (int again = 0; again < 2; ++again)
            REQUIRE(core.erase_sealed(std::vector{Seq{1}, Seq{2}, Seq{99}}));
        const auto events = core.read(Seq{0}, 1 << 20, 10);
        REQUIRE(events);
        CHECK(events->at(0).sealed.empty());
        CHECK(events->at(0).erased_sealed == sha256(name));
        CHECK_FALSE(events->at(1).erased_sealed);
        Draft more = some_draft("after");
        more.sealed = name;
        append(core, std::move(more));
    }
    REQUIRE(erase_sealed(journal.options.file, std::vector{Seq{3}}));
    auto core = journal.open();
    CHECK(core.read(Seq{0}, 1 << 20, 10)->size() == 3);  // Link by link.
    CHECK(core.read(Seq{2}, 1 << 20, 10)->front().sealed.empty());
}
