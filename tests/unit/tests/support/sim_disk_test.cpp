#include "tests/support/sim_disk.hpp"
#include "agent/store/database.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <set>

using namespace till;

namespace {

const std::string file = "/sim/test.db";

Database open(const SimDisk& disk) {
    auto opened =
        Database::open({.file = file, .mode = Database::Mode::create, .vfs = disk.name()});
    if (!opened) FAIL(opened.error().detail);
    return *std::move(opened);
}

Result<void> insert(Database& database, int number) {
    TILL_TRY(auto transaction, Transaction::begin(database));
    TILL_TRY_VOID(
        database.execute("INSERT INTO t VALUES(" + std::to_string(number) + ", zeroblob(3000))"));
    return transaction.commit();
}

Database make(const SimDisk& disk, int rows = 0) {
    Database database = open(disk);
    REQUIRE(database.execute("CREATE TABLE t(n INTEGER PRIMARY KEY, b BLOB)"));
    for (int i = 1; i <= rows; ++i) REQUIRE(insert(database, i));
    return database;
}

/// -1: the database is not sound.
std::int64_t rows(Database& database) {
    auto check =
        database.prepare("SELECT (SELECT count(*) FROM t), quick_check FROM pragma_quick_check");
    if (!check) return -1;
    const auto found =
        check->one([](const Row& row) { return row.bytes(1) == "ok" ? row.integer(0) : -1; });
    return found ? found->value_or(-1) : -1;
}

std::int64_t rows_after_cut(SimDisk& disk, SimDisk::Cut cut = SimDisk::Cut::seeded) {
    disk.power_cut(cut);
    disk.power_on();
    Database database = open(disk);
    return rows(database);
}

}  // namespace

TEST_CASE("simulated disk: a commit survives each power cut, at every write and sync", "[sim]") {
    std::set<std::int64_t> seen;
    bool happened = true;
    std::uint64_t nth = 1;
    for (; happened; ++nth) {
        CAPTURE(nth);
        SimDisk disk{"cut", nth};
        Database database = make(disk, 3);
        disk.arm({.ops = {SimDisk::Op::write, SimDisk::Op::sync},
                  .nth = nth,
                  .fault = SimDisk::Fault::power_cut});
        int committed = 3;
        for (int i = 4; i <= 8 && insert(database, i); ++i) {
            committed = i;
            if (i == 6 && !database.checkpoint(Database::Checkpoint::truncate)) break;
        }
        happened = disk.disarm();
        CHECK(disk.is_on() != happened);
        const auto found = rows_after_cut(disk);
        CHECK(found >= committed);
        CHECK(found <= committed + 1);
        seen.insert(found - committed);
    }
    CHECK(nth > 30);
    CHECK(seen.size() == 2);  // A commit that was under way sometimes is there and sometimes not.
}

TEST_CASE("simulated disk: without a sync a commit is lost, and with a lying one as well",
          "[sim]") {
    SimDisk disk{"lies"};
    Database database = make(disk, 3);
    disk.lie_about_sync(true);
    REQUIRE(insert(database, 4));
    CHECK(rows(database) == 4);
    CHECK(rows_after_cut(disk, SimDisk::Cut::lose_all) == 3);

    SimDisk honest{"normal"};
    Database other = make(honest, 3);
    REQUIRE(other.execute("PRAGMA synchronous=NORMAL"));
    REQUIRE(insert(other, 4));
    CHECK(rows_after_cut(honest, SimDisk::Cut::lose_all) == 3);
}

TEST_CASE("simulated disk: a killed process leaves what it wrote, and touches nothing after",
          "[sim]") {
    SimDisk disk{"kill"};
    std::optional<Database> database{make(disk, 3)};
    REQUIRE(database->execute("PRAGMA synchronous=OFF"));
    REQUIRE(insert(*database, 4));
    disk.kill();
    const SimDisk::Image before = disk.image();
    CHECK_FALSE(insert(*database, 5));
    database.reset();
    CHECK(disk.image() == before);
    Database again = open(disk);
    CHECK(rows(again) == 4);
}

TEST_CASE("simulated disk: killed in the middle of a commit, it is seen and not yet durable",
          "[sim]") {
    SimDisk disk{"half"};
    {
        Database database = make(disk, 3);
        disk.arm({.ops = {SimDisk::Op::sync}, .fault = SimDisk::Fault::kill});
        CHECK_FALSE(insert(database, 4));
        CHECK(disk.is_on());
    }
    Database again =
        *Database::open({.file = file, .mode = Database::Mode::read_only, .vfs = "half"});
    CHECK(rows(again) == 4);
    CHECK(rows_after_cut(disk, SimDisk::Cut::lose_all) == 3);
}

TEST_CASE("simulated disk: a full disk says so and takes more once there is room", "[sim]") {
    SimDisk disk{"full"};
    Database database = make(disk, 3);
    disk.capacity(disk.used() + 10'000);
    Result<void> done;
    int last = 3;
    while ((done = insert(database, last + 1))) ++last;
    CHECK(done.error().code == Errc::disk_full);
    CHECK(disk.used() <= 60'000);
    disk.capacity(0);
    Database again = open(disk);
    CHECK(insert(again, 100));
    CHECK(rows(again) == last + 1);
}

TEST_CASE("simulated disk: readers and a writer share the WAL, and two writers take turns",
          "[sim]") {
    SimDisk disk{"shared"};
    Database writer = make(disk, 3);
    auto reader =
        *Database::open({.file = file, .mode = Database::Mode::read_only, .vfs = "shared"});
    CHECK(rows(reader) == 3);
    Database second = open(disk);
    auto held = *Transaction::begin(writer);
    CHECK(insert(second, 4).error().code == Errc::busy);
    REQUIRE(held.commit());
    REQUIRE(insert(second, 4));
    CHECK(rows(reader) == 4);
    CHECK(rows(writer) == 4);
}

TEST_CASE("simulated disk: damage is seen, a misdirected write only once the cache is gone",
          "[sim]") {
    SimDisk disk{"damage"};
    {
        Database database = make(disk, 20);
        REQUIRE(database.checkpoint(Database::Checkpoint::truncate));
        disk.arm({.ops = {SimDisk::Op::write},
                  .nth = 3,
                  .fault = SimDisk::Fault::misdirected,
                  .file = "test.db"});
        for (int i = 21; i <= 30; ++i) REQUIRE(insert(database, i));
        REQUIRE(database.checkpoint(Database::Checkpoint::truncate));
        CHECK(disk.disarm());
        CHECK(rows(database) == 30);
    }
    CHECK(rows_after_cut(disk) != 30);
    SimDisk flipped{"flipped"};
    {
        Database database = make(flipped, 3);
        REQUIRE(database.checkpoint(Database::Checkpoint::truncate));
    }
    flipped.flip_bit(file, 1);
    CHECK_FALSE(Database::open({.file = file, .vfs = "flipped"}));
}

TEST_CASE("simulated disk: a name is durable once its folder was synced", "[sim]") {
    SimDisk disk{"names"};
    { Database database = make(disk, 1); }
    disk.rename(file, "/sim/other.db");
    CHECK(disk.exists("/sim/other.db"));
    disk.power_cut(SimDisk::Cut::lose_all);
    CHECK(disk.files() == std::vector{file, file + "-wal"});
    disk.power_on();
    disk.rename(file, "/sim/other.db");
    disk.sync_names();
    disk.power_cut(SimDisk::Cut::lose_all);
    CHECK(disk.files() == std::vector<std::string>{"/sim/other.db", file + "-wal"});
}

TEST_CASE("simulated disk: the same seed leaves the same bytes", "[sim]") {
    const auto run = [](std::uint64_t seed) {
        SimDisk::seed_sqlite(7);
        SimDisk disk{"again", seed};
        Database database = make(disk, 3);
        REQUIRE(database.execute("PRAGMA synchronous=OFF"));
        for (int i = 4; i < 20; ++i) REQUIRE(insert(database, i));
        disk.power_cut();
        return disk.image();
    };
    CHECK(run(1) == run(1));
    CHECK(run(1) != run(2));
}
