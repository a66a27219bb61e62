#include "agent/daemon/journals.hpp"

#include "fixture.hpp"

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

TEST_CASE("daemon: a damaged journal is an error, and its bytes stay as they are", "[daemon]") {
    Till till;
    REQUIRE(till.open_current());
    const auto file = till.home.journal_file(Generation{5});
    for (const auto* suffix : {"-wal", "-shm"}) fs::remove(file.string() + suffix);
    std::ofstream{file} << std::string(8192, 'x');
    const auto refused = till.open_current();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::corrupt);
    CHECK_THAT(refused.error().detail, Catch::Contains("journal-5.db"));
    CHECK(fs::file_size(file) == 8192);
    CHECK(till.home.begun()->size() == 1);
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
    CHECK(open_unfinished_journals(till.home, "epoch", till.clock)->size() == 1);
    REQUIRE(till.home.save_retired(old, "epoch"));
    CHECK(open_unfinished_journals(till.home, "epoch", till.clock)->empty());
    CHECK(open_unfinished_journals(till.home, "restored", till.clock)->size() == 1);
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
    CHECK(open_unfinished_journals(till.home, "epoch", till.clock)->empty());
}
