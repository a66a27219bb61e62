#include "agent/daemon/totals_file.hpp"

#include "agent/crypto/system_random.hpp"
#include "tests/support/scratch.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace till;

TEST_CASE("daemon: what the centre has of the totals is remembered for that journal", "[daemon]") {
    const Scratch scratch;
    SystemRandom random;
    TotalsFile known{.journal = JournalId{random.uuid()}, .reported = Seq{48}};
    known.next_amendment["2026-11-23"] = 2;
    REQUIRE(known.save(scratch.path / "totals"));

    const auto again = TotalsFile::load(scratch.path / "totals", known.journal);
    CHECK(again.reported == Seq{48});
    CHECK(again.next_amendment == known.next_amendment);
    const auto other = TotalsFile::load(scratch.path / "totals", JournalId{random.uuid()});
    CHECK(other.reported == Seq{0});
    CHECK(other.next_amendment.empty());
}

TEST_CASE("daemon: totals that another store of the centre had are offered anew", "[daemon]") {
    const Scratch scratch;
    SystemRandom random;
    TotalsFile known{.journal = JournalId{random.uuid()}};
    const Bytes first(16, '\x01'), restored(16, '\x02');
    CHECK_FALSE(known.move_to(first));  // Nothing was stored anywhere yet.
    known.reported = Seq{48};
    known.next_amendment["2026-11-23"] = 2;
    CHECK_FALSE(known.move_to(first));
    CHECK(known.reported == Seq{48});
    REQUIRE(known.save(scratch.path / "totals"));

    auto again = TotalsFile::load(scratch.path / "totals", known.journal);
    CHECK(again.store_epoch == first);
    CHECK(again.next_amendment == known.next_amendment);
    CHECK(again.move_to(restored));
    CHECK(again.reported == Seq{0});
    CHECK(again.next_amendment == known.next_amendment);
}

TEST_CASE("daemon: a totals file of before stores were told apart is offered anew", "[daemon]") {
    const Scratch scratch;
    SystemRandom random;
    TotalsFile old{.journal = JournalId{random.uuid()}, .reported = Seq{48}};
    REQUIRE(old.save(scratch.path / "totals"));
    auto known = TotalsFile::load(scratch.path / "totals", old.journal);
    CHECK(known.store_epoch.empty());
    CHECK(known.move_to(Bytes(16, '\x01')));
    CHECK(known.reported == Seq{0});
}
