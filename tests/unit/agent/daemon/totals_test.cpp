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
