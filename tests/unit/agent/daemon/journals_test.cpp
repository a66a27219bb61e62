#include "agent/daemon/journals.hpp"

#include "agent/journal/journal_reader.hpp"
#include "agent/store/database.hpp"
#include "fixture.hpp"
#include "sync/wire/events.pb.h"

#include <catch2/catch.hpp>

#include <fstream>

using namespace till;

namespace fs = std::filesystem;

namespace {

struct Till : EnrolledHome {
    Result<OpenJournal> open_current() {
        return open_current_journal(home, enrolled.enrolment, 0, clock, random);
    }
    Stored capture(OpenJournal& journal, const std::string& key) {
        const Draft draft{.kind = sync::Kind{200},
                          .body = "body",
                          .caller = "pos",
                          .key = key,
                          .request_hash = Bytes(16, 'h')};
        const auto stored = journal.core.append({&draft, 1});
        REQUIRE(stored);
        REQUIRE((*stored)[0]);
        return *(*stored)[0];
    }
    Result<void> fork() { return begin_next_journal(home, enrolled.enrolment, clock, random); }
};

}  // namespace

TEST_CASE("daemon: the first start begins a journal, and the next goes on with it", "[daemon]") {
    Till till;
    {
        auto first = till.open_current();
        REQUIRE(first);
        CHECK(first->core.identity().generation == Generation{5});
        CHECK_FALSE(first->core.identity().predecessor);
        till.capture(*first, "a");
    }
    const auto second = till.open_current();
    REQUIRE(second);
    CHECK(second->core.head().seq == Seq{1});
    CHECK(fs::equivalent(till.home / "journal.db", second->options.file));
    CHECK_FALSE(fs::exists(till.home / "journal-5.db.new"));
    CHECK_FALSE(fs::exists(till.home / "journal-5.db.new-wal"));
}

TEST_CASE("daemon: a crash between a generation and its journal consumes the generation",
          "[daemon]") {
    Till till;
    REQUIRE(till.home.begin_journal(till.enrolled.enrolment, JournalId{till.random.uuid()}));
    std::ofstream{till.home / "journal-5.db.new"} << "half a database";
    const auto journal = till.open_current();
    REQUIRE(journal);
    CHECK(journal->core.identity().generation == Generation{6});
}

TEST_CASE("daemon: a journal whose file is gone is named as predecessor, never reused",
          "[daemon]") {
    Till till;
    const JournalId lost = till.open_current()->core.identity().journal;
    fs::remove(till.home.journal_file(Generation{5}));
    const auto journal = till.open_current();
    REQUIRE(journal);
    CHECK(journal->core.identity().journal != lost);
    CHECK(journal->core.identity().predecessor == lost);
    CHECK(journal->core.identity().generation == Generation{6});
}

TEST_CASE(
    "daemon: a damaged journal is set aside as it was found, and the till goes on in the next",
    "[daemon]") {
    Till till;
    JournalId old{Uuid{}};
    {
        auto journal = till.open_current();
        till.capture(*journal, "a");
        old = journal->core.identity().journal;
    }
    const auto file = till.home.journal_file(Generation{5});
    for (const auto* suffix : {"-wal", "-shm"}) fs::remove(file.string() + suffix);
    std::ofstream{file} << std::string(8192, 'x');
    for (int start = 0; start < 2; ++start) {
        const auto journal = till.open_current();
        REQUIRE(journal);
        CHECK(journal->core.identity().generation == Generation{6});
        CHECK(journal->core.identity().predecessor == old);
        CHECK(fs::file_size(till.home / "damaged-5.db") == 8192);
    }
    CHECK(till.home.begun()->size() == 2);
    const auto salvaged = JournalReader::open(file)->salvage();
    REQUIRE(salvaged->has_value());
    tillstream::v1::JournalDamaged report;
    REQUIRE(report.ParseFromString(**salvaged));
    CHECK(report.head() == 1);  // Known from beside the database.
    CHECK((report.lost_size() == 1 && report.lost(0).first() == 1));
    CHECK(report.file_name() == "damaged-5.db");
}

TEST_CASE("daemon: a suspect journal is looked through, and goes on when nothing is wrong",
          "[daemon]") {
    Till till;
    for (const auto* key : {"a", "b", "c"}) {
        auto journal = till.open_current();
        till.capture(*journal, key);
    }
    const auto file = till.home.journal_file(Generation{5});
    const bool changed = GENERATE(false, true);
    if (changed) {
        auto database = Database::open({.file = file});
        REQUIRE(database->execute("UPDATE event SET body = x'00' WHERE seq = 1"));
    }
    CHECK(till.open_current()->core.identity().generation == Generation{5});
    REQUIRE(suspect_current_journal(till.home));
    CHECK(till.open_current()->core.identity().generation == Generation{changed ? 6U : 5U});
    CHECK_FALSE(fs::exists(till.home / "suspect"));
    CHECK(fs::exists(till.home / "damaged-5.db") == changed);
}

TEST_CASE("daemon: another device's journal is not written to", "[daemon]") {
    Till till;
    REQUIRE(till.open_current());
    Till other;
    REQUIRE(other.open_current());
    const auto file = till.home.journal_file(Generation{5});
    fs::copy_file(other.home.journal_file(Generation{5}), file,
                  fs::copy_options::overwrite_existing);
    const auto refused = till.open_current();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::corrupt);
}

TEST_CASE("daemon: after a fork the old journal is offered until the centre keeps it", "[daemon]") {
    Till till;
    JournalId old{Uuid{}};
    {
        auto journal = till.open_current();
        till.capture(*journal, "a");
        old = journal->core.identity().journal;
    }
    REQUIRE(till.fork());
    CHECK(till.open_current()->core.identity().predecessor == old);
    CHECK(open_unfinished_journals(till.home, till.enrolled.enrolment, "epoch", till.clock)->size()
          == 1);
    REQUIRE(till.home.save_retired(old, "epoch"));
    CHECK(
        open_unfinished_journals(till.home, till.enrolled.enrolment, "epoch", till.clock)->empty());
    CHECK(
        open_unfinished_journals(till.home, till.enrolled.enrolment, "restored", till.clock)->size()
        == 1);
}

TEST_CASE("daemon: a key of any journal of this home is known in the current one", "[daemon]") {
    Till till;
    const auto first = till.open_current()->core.identity().journal;
    for (const auto* key : {"a", "b"}) {
        {
            auto journal = till.open_current();
            till.capture(*journal, key);
        }
        REQUIRE(till.fork());
    }
    auto third = till.open_current();
    CHECK(till.capture(*third, "a").journal == first);
    CHECK(till.capture(*third, "b").replayed);
    CHECK(third->core.head().seq == Seq{0});
}

TEST_CASE("daemon: an older journal that the centre has whole is left alone", "[daemon]") {
    Till till;
    {
        auto journal = till.open_current();
        till.capture(*journal, "a");
        REQUIRE(journal->core.acknowledge({Seq{1}, "epoch"}));
    }
    REQUIRE(till.fork());
    CHECK(
        open_unfinished_journals(till.home, till.enrolled.enrolment, "epoch", till.clock)->empty());
}

TEST_CASE(
    "daemon: journals of an earlier enrolment answer for their keys, and are handed over by nobody "
    "here",
    "[daemon]") {
    Till till;
    JournalId old{Uuid{}};
    {
        auto journal = till.open_current();
        till.capture(*journal, "a");
        old = journal->core.identity().journal;
    }
    std::filesystem::remove(till.home / "enrolment.toml");  // As in a restored home.
    auto stale = some_enrolment(till.random.uuid());
    CHECK(till.home.save(stale).error().code == Errc::conflict);
    till.enrolled = some_enrolment(till.random.uuid());
    till.enrolled.enrolment.first_generation = Generation{8};
    till.enrolled.enrolment.last_generation = Generation{10};
    REQUIRE(till.home.save(till.enrolled));
    auto journal = till.open_current();
    REQUIRE(journal);
    CHECK(journal->core.identity().generation == Generation{8});
    CHECK(journal->core.identity().predecessor == old);
    CHECK(journal->core.find("pos", "a")->has_value());
    CHECK(
        open_unfinished_journals(till.home, till.enrolled.enrolment, "epoch", till.clock)->empty());
}
