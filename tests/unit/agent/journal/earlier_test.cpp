#include "agent/store/database.hpp"
#include "fixture.hpp"

#include <fstream>

using namespace till;

namespace {

/// A device in its third journal.
struct ThirdJournal : TestJournal {
    JournalCore begin(std::uint8_t generation) {
        JournalIdentity identity = some_identity();
        identity.journal = JournalId{Uuid::from_random({generation})};
        identity.generation = Generation{generation};
        if (generation > 1) options.earlier.push_back(options.file);
        options.file = scratch.path / ("journal-" + std::to_string(generation) + ".db");
        auto core = JournalCore::create(options, identity, clock);
        if (!core) FAIL(core.error().detail);
        return *std::move(core);
    }
};

}  // namespace

TEST_CASE("journal: a key of an earlier journal is a replay of it, with another request a conflict",
          "[journal]") {
    ThirdJournal test;
    const bool indexed = GENERATE(false, true);
    Stored first;
    {
        JournalCore core = test.begin(1);
        append(core, some_draft("other"));
        first = append(core, some_draft("a"));
        if (indexed)  // Enough of them that an idle till writes the index.
            for (int i = 0; i < 1024; ++i) append(core, some_draft("n" + std::to_string(i)));
        REQUIRE(core.maintain());
    }
    append(*std::make_unique<JournalCore>(test.begin(2)), some_draft("b"));
    JournalCore core = test.begin(3);

    const Stored again = append(core, some_draft("a"));
    CHECK(again.replayed);
    CHECK(again.journal == first.journal);
    CHECK(again.seq == first.seq);
    CHECK(again.receipt_number == first.receipt_number);
    CHECK(again.transaction_number == first.transaction_number);
    CHECK(append(core, some_draft("b")).replayed);
    CHECK(core.head().seq == Seq{0});
    CHECK(core.find("pos-1", "a")->value().receipt_number == "12-3-1-000002");

    tillstream::v1::Event event;
    REQUIRE(event.ParseFromString(core.event(again)->body));
    CHECK(event.retail_transaction().order_id() == "a");

    Draft other = some_draft("a");
    other.request_hash = Bytes(16, 'x');
    CHECK(core.append({&other, 1})->front().error().code == Errc::conflict);
    other.caller = "pos-2";
    CHECK_FALSE(append(core, other).replayed);
    CHECK(append(core, some_draft("new")).receipt_number == "12-3-3-000002");
}

TEST_CASE("journal: an earlier journal that cannot be read is passed over, and the till sells on",
          "[journal]") {
    ThirdJournal test;
    append(*std::make_unique<JournalCore>(test.begin(1)), some_draft("a"));
    append(*std::make_unique<JournalCore>(test.begin(2)), some_draft("b"));
    const auto broken = test.options.earlier.front();
    std::filesystem::remove(broken.string() + "-wal");
    std::ofstream{broken} << std::string(8192, 'x');
    JournalCore core = test.begin(3);
    CHECK_FALSE(append(core, some_draft("a")).replayed);
    CHECK(append(core, some_draft("b")).replayed);
}
