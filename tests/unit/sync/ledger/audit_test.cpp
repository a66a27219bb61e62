#include "sync/ledger/audit.hpp"
#include "agent/core/hex.hpp"
#include "agent/store/database.hpp"
#include "sync/ledger/sqlite_store.hpp"
#include "tests/support/envelopes.hpp"
#include "tests/support/scratch.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;

namespace {

const auto go_on = [] { return true; };
const NoteSigner signer{make_signing_key_pair(), "certified"};
const CheckNote is_ours = [](const KeptNote& kept) { return verify_note(kept.note, signer.key()); };

/// A ledger with one journal of `events` events, which a test then hurts behind its back.
struct Fixture {
    FakeJournal& stored(std::size_t events) {
        for (std::size_t i = 1; i <= events; ++i) till.add(100, "body " + std::to_string(i));
        auto store = open(SqliteStore::Access::writing);
        REQUIRE(store->bind(till.hello()));
        for (std::size_t from = 0; from < events; from += 1000) {
            const Append run = till.append(from, std::min(from + 1000, events));
            REQUIRE(store->commit({&run, 1}));
        }
        return till;
    }
    void hurt(const std::string& sql) {
        auto database = Database::open({.file = file()});
        REQUIRE(database);
        REQUIRE(database->execute(sql.c_str()));
    }
    LedgerAudit walked() {
        auto found = audit(*open(SqliteStore::Access::reading), till.journal, is_ours, go_on);
        if (!found) FAIL(found.error().detail);
        return *std::move(found);
    }
    std::unique_ptr<SqliteStore> open(SqliteStore::Access access) {
        auto store = SqliteStore::open({.file = file(), .access = access}, random);
        if (!store) FAIL(store.error().detail);
        return *std::move(store);
    }
    std::filesystem::path file() const { return scratch.path / "ledger.db"; }
    static std::string row(std::uint64_t seq) {  // Of the first journal.
        return "(1 << 40) + " + std::to_string(seq);
    }
    static std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges(const LedgerAudit& found) {
        std::vector<std::pair<std::uint64_t, std::uint64_t>> all;
        for (const auto& one : found.problems)
            all.emplace_back(one.first.value(), one.last.value());
        return all;
    }

    Scratch scratch;
    SeededRandom random{11};
    FakeJournal till{random};
};

using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

}  // namespace

TEST_CASE_METHOD(Fixture, "audit: a ledger as it was stored is one chain without holes",
                 "[ledger]") {
    stored(5000);
    const LedgerAudit found = walked();
    CHECK(found.whole());
    CHECK(found.events == 5000);
    CHECK(found.summary() == "1 to 5000, no holes, one chain, head " + hex(till.mark().hash));
}

TEST_CASE_METHOD(Fixture, "audit: a changed byte is found, and only where it is", "[ledger]") {
    stored(5000);
    const auto at = GENERATE(1, 2, 2048, 2049, 4999, 5000);
    CAPTURE(at);
    hurt("UPDATE envelopes SET body = x'62' WHERE id = " + row(static_cast<std::uint64_t>(at)));
    const LedgerAudit found = walked();
    const auto seq = static_cast<std::uint64_t>(at);
    REQUIRE(ranges(found) == Ranges{{seq, seq}});
    CHECK_THAT(found.problems[0].what, Catch::Contains("its bytes"));
    CHECK_FALSE(found.whole());
}

TEST_CASE_METHOD(Fixture, "audit: a changed hash is told from changed bytes", "[ledger]") {
    stored(100);
    const auto at = GENERATE(1, 50, 100);
    CAPTURE(at);
    const auto seq = static_cast<std::uint64_t>(at);
    hurt("UPDATE envelopes SET hash = zeroblob(32) WHERE id = " + row(seq));
    const LedgerAudit found = walked();
    REQUIRE(ranges(found) == Ranges{{seq, seq}});
    CHECK_THAT(found.problems[0].what, Catch::Contains("its bytes, which are right"));
}

TEST_CASE_METHOD(Fixture, "audit: what is missing is named, from where to where", "[ledger]") {
    stored(5000);
    hurt("DELETE FROM envelopes WHERE id = " + row(1) + " OR id BETWEEN " + row(2040) + " AND "
         + row(2060) + " OR id >= " + row(4990));
    const LedgerAudit found = walked();
    CHECK(ranges(found) == Ranges{{1, 1}, {2040, 2060}, {4990, 5000}});
    CHECK(found.summary() == "event 1 is missing; and 2 more");
    CHECK(found.events == 5000 - 1 - 21 - 11);
}

TEST_CASE_METHOD(Fixture, "audit: a mark that is not the chain's is found", "[ledger]") {
    stored(10);
    SECTION("another hash") {
        hurt("UPDATE journals SET mark_hash = zeroblob(32)");
        CHECK(ranges(walked()) == Ranges{{10, 10}});
    }
    SECTION("further than the events") {
        hurt("UPDATE journals SET mark_seq = 12");
        CHECK(ranges(walked()) == Ranges{{11, 12}});
    }
}

TEST_CASE_METHOD(Fixture, "audit: of two rows exchanged both are found", "[ledger]") {
    stored(10);
    hurt("UPDATE envelopes SET id = 1 WHERE id = " + row(4)
         + "; UPDATE envelopes SET id = " + row(4) + " WHERE id = " + row(5)
         + "; UPDATE envelopes SET id = " + row(5) + " WHERE id = 1");
    const LedgerAudit found = walked();
    REQUIRE(found.problems.size() >= 2);
    CHECK(found.problems.front().first == Seq{4});
}

TEST_CASE_METHOD(Fixture, "audit: a branch is listed, and a predecessor that never came is missed",
                 "[ledger]") {
    stored(20);
    FakeJournal clone = till;
    auto store = open(SqliteStore::Access::writing);
    clone.envelopes.resize(15);
    clone.hashes.resize(15);
    clone.add(100, "sold on the other disk");
    const auto other = clone.append(15, 16);
    REQUIRE(store->keep_branch(till.journal, till.mark_at(15), other.envelopes, 7));
    FakeJournal later{random};
    JournalRow hello = later.hello();
    hello.predecessor = JournalId{random.uuid()};
    REQUIRE(store->bind(hello));

    const LedgerAudit found = walked();
    CHECK(found.whole());
    REQUIRE(found.branches.size() == 1);
    CHECK(found.branches[0].first == Seq{16});
    const auto orphan = audit(*store, later.journal, is_ours, go_on);
    REQUIRE(orphan);
    CHECK(orphan->predecessor_missing);
    CHECK_FALSE(orphan->whole());
}

TEST_CASE_METHOD(Fixture, "audit: what a restored centre and its device both lack is named",
                 "[ledger]") {
    stored(20);
    auto store = open(SqliteStore::Access::writing);
    for (int n = 21; n <= 30; ++n) till.add(100, "body " + std::to_string(n));
    const auto rest = till.append(25, 30);
    REQUIRE(store->keep_branch(till.journal, till.mark_at(25), rest.envelopes, 7));
    CHECK(ranges(walked()) == Ranges{{21, 25}});
}

TEST_CASE_METHOD(Fixture, "audit: it stops when it is told to, and only a known journal is walked",
                 "[ledger]") {
    stored(10);
    const auto stop = [] { return false; };
    const auto store = open(SqliteStore::Access::reading);
    CHECK(audit(*store, till.journal, is_ours, stop).error().code == Errc::abandoned);
    CHECK(audit(*store, JournalId{random.uuid()}, is_ours, go_on).error().code == Errc::not_found);
}

TEST_CASE_METHOD(Fixture, "audit: what is left follows on the checkpoint of what was let go of",
                 "[ledger]") {
    stored(5000);
    REQUIRE(open(SqliteStore::Access::writing)->let_go(till.checkpoint(3000, signer)));
    SECTION("whole") {
        const LedgerAudit found = walked();
        CHECK(found.whole());
        CHECK(found.events == 2000);
        CHECK(found.summary()
              == "1 to 5000, no holes, one chain, head " + hex(till.mark().hash)
                     + "; 1 to 3000 were let go of, as a signed checkpoint says");
    }
    SECTION("a hole behind it") {
        hurt("DELETE FROM envelopes WHERE id = " + row(3001));
        CHECK(ranges(walked()) == Ranges{{3001, 3001}});
    }
    SECTION("signed by another") {
        const NoteSigner thief{make_signing_key_pair(), "certified"};
        REQUIRE(open(SqliteStore::Access::writing)->let_go(till.checkpoint(3500, thief)));
        const LedgerAudit found = walked();
        CHECK(ranges(found) == Ranges{{1, 3500}});
        CHECK_THAT(found.summary(), Catch::Contains("the checkpoint is not the centre's"));
    }
    SECTION("moved by hand") {
        hurt("DELETE FROM envelopes WHERE id = " + row(3001)
             + "; UPDATE checkpoints SET seq = 3001");
        CHECK_THAT(walked().summary(), Catch::StartsWith("events 1 to 3001 are let go of, but"));
    }
    SECTION("unreadable") {
        hurt("UPDATE checkpoints SET note = x'ff'");
        CHECK_THAT(walked().summary(), Catch::Contains("the checkpoint is not readable"));
    }
}

TEST_CASE_METHOD(Fixture, "audit: what is let go of during the walk is no hole", "[ledger]") {
    stored(5000);
    const auto writing = open(SqliteStore::Access::writing);
    std::size_t pieces = 0;
    const auto meanwhile = [&] {
        if (++pieces == 2) REQUIRE(writing->let_go(till.checkpoint(4000, signer)));
        return true;
    };
    const auto found = audit(*open(SqliteStore::Access::reading), till.journal, is_ours, meanwhile);
    REQUIRE(found);
    CHECK(found->whole());
    CHECK(found->events == 1000);
}
