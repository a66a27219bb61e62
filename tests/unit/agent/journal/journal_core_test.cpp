#include "agent/core/limits.hpp"
#include "agent/store/database.hpp"
#include "fixture.hpp"
#include "sync/wire/chain.hpp"

#include <random>

using namespace till;

TEST_CASE("journal: a new one is empty and does not overwrite an old one", "[journal]") {
    TestJournal test;
    JournalCore core = test.create();
    CHECK(core.head().seq == Seq{0});
    CHECK(core.head().hash == sync::genesis(some_identity().journal));
    CHECK(*core.hash_at(Seq{0}) == core.head().hash);
    CHECK(core.hash_at(Seq{1}).error().code == Errc::not_found);
    CHECK(core.read(Seq{0}, 1000, 10)->empty());
    CHECK(JournalCore::create(test.options, some_identity(), test.clock).error().code
          == Errc::conflict);
    test.options.file += "x";
    CHECK(JournalCore::open(test.options, test.clock).error().code == Errc::not_found);
}

TEST_CASE("journal: what was stored is there after a restart, chained and numbered", "[journal]") {
    TestJournal test;
    Head head;
    {
        JournalCore core = test.create();
        Draft draft = some_draft("a");
        draft.state_after = "shift 1";
        const Stored stored = append(core, draft);
        CHECK(stored.seq == Seq{1});
        CHECK(stored.receipt_number == "12-3-1-000001");
        CHECK(stored.transaction_number == 1);
        CHECK_FALSE(stored.replayed);
        head = core.head();
    }
    JournalCore core = test.open();
    CHECK(core.head().seq == head.seq);
    CHECK(core.head().hash == head.hash);
    CHECK(core.state() == "shift 1");
    CHECK(core.identity().receipt_prefix == "12-3");
    const auto events = core.read(Seq{0}, 1000, 10);
    REQUIRE(events->size() == 1);
    tillstream::v1::Event event;
    REQUIRE(event.ParseFromString(events->front().body));
    CHECK(event.numbers().receipt_number() == "12-3-1-000001");
    CHECK(event.retail_transaction().order_id() == "a");
    CHECK(sync::chain_hash(*core.hash_at(Seq{0}), core.identity().journal, events->front())
          == head.hash);
}

TEST_CASE("journal: the same key and request is a replay, another request a conflict",
          "[journal]") {
    TestJournal test;
    JournalCore core = test.create();
    const bool restarted = GENERATE(false, true), indexed = GENERATE(false, true);
    const Stored first = append(core, some_draft("a"));
    append(core, some_draft("b"));
    if (indexed) REQUIRE(core.maintain());
    if (restarted) core = test.open();

    const Stored again = append(core, some_draft("a"));
    CHECK(again.replayed);
    CHECK(again.seq == first.seq);
    CHECK(again.receipt_number == first.receipt_number);
    CHECK(again.transaction_number == first.transaction_number);
    Draft other = some_draft("a");
    other.request_hash = Bytes(16, 'x');
    CHECK(core.append({&other, 1})->front().error().code == Errc::conflict);
    other.caller = "pos-2";
    CHECK_FALSE(append(core, other).replayed);
    CHECK(core.find("pos-1", "a")->value().seq == Seq{1});
    CHECK_FALSE(core.find("pos-1", "c")->has_value());
    CHECK(append(core, some_draft("c")).receipt_number == "12-3-1-000004");
}

TEST_CASE("journal: one batch treats each draft by itself", "[journal]") {
    TestJournal test;
    JournalCore core = test.create();
    std::vector<Draft> drafts{some_draft("a"),   some_draft("a"), some_draft("a"),
                              some_draft("big"), some_draft(""),  some_draft("b")};
    drafts[2].request_hash = "other";
    drafts[3].sealed = Bytes(limits::record_bytes_max, 's');
    const auto results = core.append(drafts);
    REQUIRE(results);
    CHECK(results->at(0)->seq == Seq{1});
    CHECK(results->at(1)->replayed);
    CHECK(results->at(1)->seq == Seq{1});
    CHECK(results->at(2).error().code == Errc::conflict);
    CHECK(results->at(3).error().code == Errc::out_of_range);
    CHECK(results->at(4).error().code == Errc::out_of_range);
    CHECK(results->at(5)->receipt_number == "12-3-1-000002");
    CHECK(core.head().seq == Seq{2});
    CHECK(test.verify().starts_with("1 to 2, no holes, one chain"));
}

TEST_CASE("journal: numbers have no gaps whatever is mixed in, over restarts", "[journal]") {
    TestJournal test;
    JournalCore core = test.create();
    std::mt19937 random{GENERATE(1u, 2u, 3u)};
    std::uint64_t transactions = 0, receipts = 0, seq = 0;
    for (int i = 0; i < 300; ++i) {
        Draft draft = some_draft("key " + std::to_string(random() % 200));
        draft.numbering = static_cast<Numbering>(random() % 3);
        if (random() % 4 == 0) draft.sealed = Bytes(random() % 90 + 1, 's');
        const auto result = core.append({&draft, 1})->front();
        if (random() % 40 == 0) core = test.open();
        if (random() % 40 == 0) REQUIRE(core.maintain());
        if (!result || result->replayed) continue;
        CHECK(result->seq == Seq{++seq});
        if (draft.numbering != Numbering::none) CHECK(result->transaction_number == ++transactions);
        if (draft.numbering == Numbering::receipt)
            CHECK(std::stoull(result->receipt_number.substr(7)) == ++receipts);
    }
    CHECK(core.head().seq == Seq{seq});
    CHECK(test.verify().starts_with("1 to " + std::to_string(seq) + ", no holes"));
}

TEST_CASE("journal: reading stops before the bytes asked for, but never empty-handed",
          "[journal]") {
    TestJournal test;
    JournalCore core = test.create();
    for (const char* key : {"a", "b", "c"}) {
        Draft draft = some_draft(key);
        draft.sealed = Bytes(1000, 's');
        append(core, draft);
    }
    CHECK(core.read(Seq{0}, 1, 10)->size() == 1);
    CHECK(core.read(Seq{0}, 2500, 10)->size() == 2);
    CHECK(core.read(Seq{0}, 9999, 2)->size() == 2);
    CHECK(core.read(Seq{2}, 9999, 9)->front().seq == Seq{3});
    CHECK(core.read(Seq{2}, 9999, 9)->front().sealed == Bytes(1000, 's'));
    CHECK(core.read(Seq{3}, 9999, 9)->empty());
}

TEST_CASE("journal: the acknowledged mark survives, and may go back", "[journal]") {
    TestJournal test;
    JournalCore core = test.create();
    append(core, some_draft("a"));
    REQUIRE(core.acknowledge({Seq{1}, "epoch"}));
    core = test.open();
    CHECK(core.acknowledged().seq == Seq{1});
    CHECK(core.acknowledged().store_epoch == "epoch");
    REQUIRE(core.acknowledge({Seq{0}, "other"}));
    CHECK(core.acknowledged().seq == Seq{0});
}

TEST_CASE("journal: the reserve is kept for control transactions", "[journal]") {
    TestJournal test;
    test.create();
    test.options.reserve_bytes = ~std::uint64_t{0};
    JournalCore core = test.open();
    Draft sale = some_draft("a"), close = some_draft("b");
    close.kind = sync::Kind{200};
    CHECK(core.append({&sale, 1})->front().error().code == Errc::disk_full);
    CHECK(append(core, close).seq == Seq{1});
}

TEST_CASE("journal: keys are found when many more came than fit the memory", "[journal]") {
    TestJournal test;
    JournalCore core = test.create();
    constexpr int count = 40'000;
    std::vector<Draft> drafts;
    for (int i = 0; i < count; ++i) {
        drafts.push_back(some_draft("key " + std::to_string(i)));
        if (drafts.size() < 200) continue;
        REQUIRE(core.append(drafts));
        drafts.clear();
    }
    for (int i = 1; i < count; i += 997)
        CHECK(core.find("pos-1", "key " + std::to_string(i))->value().seq
              == Seq{static_cast<std::uint64_t>(i) + 1});
    CHECK(append(core, some_draft("key 5")).replayed);
    CHECK(test.verify().starts_with("1 to 40000, no holes"));
}

TEST_CASE("journal: a newer schema and a contradicting head are refused", "[journal]") {
    TestJournal test;
    {
        JournalCore core = test.create();
        append(core, some_draft("a"));
        append(core, some_draft("b"));
    }
    const auto [sql, code] = GENERATE(table<const char*, Errc>({
        {"PRAGMA user_version=99", Errc::unsupported},
        {"UPDATE head SET seq = 1", Errc::corrupt},
        {"UPDATE head SET seq = 3", Errc::corrupt},
        {"UPDATE head SET hash = zeroblob(32)", Errc::corrupt},
        {"UPDATE head SET hash = zeroblob(3)", Errc::corrupt},
        {"UPDATE event SET body = CAST(body || x'00' AS BLOB) WHERE seq = 2", Errc::corrupt},
        {"DELETE FROM event WHERE seq = 1", Errc::corrupt},
        {"DELETE FROM identity", Errc::corrupt},
        {"DROP TABLE event", Errc::corrupt},
    }));
    CAPTURE(sql);
    REQUIRE(Database::open({.file = test.options.file})->execute(sql));
    const auto opened = JournalCore::open(test.options, test.clock);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == code);
}
