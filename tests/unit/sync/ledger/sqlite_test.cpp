#include "sync/ledger/sqlite_store.hpp"
#include "tests/support/envelopes.hpp"
#include "tests/support/scratch.hpp"
#include "tests/support/sim_disk.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;

TEST_CASE("ledger: whichever write fails, the answer and the store agree", "[ledger]") {
    const auto fault = GENERATE(SimDisk::Fault::io, SimDisk::Fault::full);
    const auto nth = GENERATE(range<std::uint64_t>(1, 25));
    CAPTURE(nth);
    SimDisk disk{"faulty"};
    Scratch scratch;
    SeededRandom random{11};
    FakeJournal till{random};
    for (int i = 1; i <= 60; ++i) till.add(100, "body " + std::to_string(i));
    const SqliteStore::Options options{.file = scratch.path / "faulty.db", .vfs = disk.name()};
    auto store = *SqliteStore::open(options, random);
    REQUIRE(store->bind(till.hello()));
    disk.arm({.nth = nth, .fault = fault});
    std::size_t from = 0;
    for (int tries = 0; from < 60 && tries < 12; ++tries) {
        const Append run = till.append(from, from + 20);
        const auto done = store->commit({&run, 1});
        if (done && done->front().won) from += 20;
    }
    disk.disarm();
    CHECK(from == 60);
    store = *SqliteStore::open(options, random);
    CHECK((*store->find(till.journal))->mark.hash == till.mark().hash);
    CHECK(store->read(till.journal, Seq{0}, 1 << 20, 100)->size() == 60);
}
