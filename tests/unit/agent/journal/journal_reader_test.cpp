#include "agent/store/database.hpp"
#include "fixture.hpp"

using namespace till;

namespace {

void fill(TestJournal& test, int count) {
    JournalCore core = test.create();
    for (int i = 1; i <= count; ++i) append(core, some_draft("key " + std::to_string(i)));
}

void change(const TestJournal& test, const std::string& sql) {
    const auto done = Database::open({.file = test.options.file})->execute(sql);
    if (!done) FAIL(done.error().detail);
}

}  // namespace

TEST_CASE("journal: verify names the event where a chain is broken", "[journal]") {
    const auto [sql, says] = GENERATE(table<const char*, const char*>({
        {"UPDATE event SET body = CAST(body || x'00' AS BLOB) WHERE seq = 7", "event 7: its bytes"},
        {"UPDATE event SET wall = wall + 1 WHERE seq = 1", "event 1: its bytes"},
        {"UPDATE event SET kind = 101 WHERE seq = 20", "event 20: its bytes"},
        {"UPDATE event SET sealed = x'01' WHERE seq = 3", "event 3: its bytes"},
        {"DELETE FROM event WHERE seq = 1", "event 1: is missing"},
        {"DELETE FROM event WHERE seq BETWEEN 5 AND 8",
         "event 5: is missing, and so are all up to 8"},
        {"DELETE FROM event WHERE seq > 18",
         "event 19: is missing, and so are all up to the head 20"},
        {"UPDATE head SET hash = zeroblob(32)", "event 20: the head row says 0000"},
        {"UPDATE head SET seq = 19", "event 19: the head row says"},
        {"UPDATE event SET hash = zeroblob(32) WHERE seq = 9", "event 9: its bytes"},
        {"UPDATE event SET hash = x'01' WHERE seq = 9", "event 9: cannot be read"},
    }));
    TestJournal test;
    fill(test, 20);
    CHECK(test.verify().starts_with("1 to 20, no holes, one chain, head "));
    change(test, sql);
    CAPTURE(sql);
    CHECK_THAT(test.verify(), Catch::StartsWith(says));
}

TEST_CASE("journal: an erased sealed part leaves its hash, and the chain verifies", "[journal]") {
    TestJournal test;
    {
        JournalCore core = test.create();
        Draft draft = some_draft("a");
        draft.sealed = "abc";
        append(core, draft);
    }
    change(test,
           "UPDATE event SET sealed = NULL, erased_sealed ="
           " x'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'");
    CHECK(test.verify().starts_with("1 to 1, no holes"));
    CHECK(test.open().read(Seq{0}, 1000, 1)->front().erased_sealed);
}

TEST_CASE("journal: a reader follows a journal that is being written", "[journal]") {
    TestJournal test;
    JournalCore core = test.create();
    JournalReader reader = test.reader();
    for (int i = 1; i <= 50; ++i) {
        append(core, some_draft("key " + std::to_string(i)));
        if (i % 20 == 0) REQUIRE(core.maintain());
        CHECK(reader.head()->seq == core.head().seq);
        CHECK(reader.verify()->problems.empty());
    }
    std::uint64_t seen = 0;
    REQUIRE(reader.scan(Seq{10}, [&](const auto&, const auto&) { return ++seen < 30; }));
    CHECK(seen == 30);
    CHECK(reader.read(Seq{48}, 100'000, 10)->size() == 2);
    CHECK(reader.identity()->device == some_identity().device);
}

TEST_CASE("journal: verify reports how far it is", "[journal]") {
    TestJournal test;
    fill(test, 10);
    std::vector<Seq> steps;
    REQUIRE(test.reader().verify([&](Seq done, Seq) { steps.push_back(done); }));
    CHECK(steps == std::vector{Seq{10}});
}

TEST_CASE("journal: what is no journal is refused by the reader", "[journal]") {
    const Scratch scratch;
    CHECK(JournalReader::open(scratch.path / "none").error().code == Errc::not_found);
    REQUIRE(Database::open({.file = scratch.path / "other", .mode = Database::Mode::create}));
    CHECK(JournalReader::open(scratch.path / "other").error().code == Errc::unsupported);
}
