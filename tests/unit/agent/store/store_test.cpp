#include "agent/store/database.hpp"
#include "tests/support/scratch.hpp"
#include "tests/support/sim_disk.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <optional>
#include <vector>

using namespace till;
using Mode = Database::Mode;

namespace {

Database open_at(const std::filesystem::path& file, Mode mode = Mode::create) {
    auto database = Database::open({.file = file, .mode = mode});
    if (!database) FAIL(database.error().detail);
    return *std::move(database);
}

std::int64_t count(Database& database) {
    auto statement = database.prepare("SELECT count(*) FROM t");
    REQUIRE(statement);
    return **statement->one([](const Row& row) { return row.integer(0); });
}

constexpr const char* schema[] = {"CREATE TABLE t(a INTEGER PRIMARY KEY, b, c);"};

}  // namespace

TEST_CASE("store: what is bound comes back the same, empty and absent apart", "[store]") {
    const Scratch scratch;
    Database db = open_at(scratch.path / "a.db");
    REQUIRE(migrate(db, schema));
    Statement insert = *db.prepare("INSERT INTO t(b, c) VALUES(?, ?)");
    const std::string zero{"a\0b", 3};
    REQUIRE(insert.run(zero, Blob{zero}));
    REQUIRE(insert.run(BytesView{}, Blob{}));
    REQUIRE(insert.run(std::optional<std::int64_t>{}, std::optional<Bytes>{}));
    REQUIRE(insert.run(~std::uint64_t{0}, Digest{}));
    CHECK(db.changes() == 1);
    CHECK(db.last_insert_rowid() == 4);

    Statement select = *db.prepare("SELECT b, c, typeof(b), typeof(c) FROM t ORDER BY a");
    std::vector<std::string> types, values;
    const auto visit = [&](const Row& row) {
        types.push_back(Bytes{row.bytes(2)} + " " + Bytes{row.bytes(3)});
        values.emplace_back(row.bytes(1));
        if (types.size() == 3) CHECK((!row.optional_integer(0) && !row.optional_bytes(1)));
        if (types.size() == 4) CHECK(row.unsigned_integer(0) == ~std::uint64_t{0});
    };
    REQUIRE(select.each(visit));
    CHECK(types == std::vector<std::string>{"text blob", "text blob", "null null", "integer blob"});
    CHECK(values == std::vector<std::string>{zero, "", "", std::string(32, '\0')});
}

TEST_CASE("store: a transaction that is not committed leaves nothing behind", "[store]") {
    const Scratch scratch;
    Database db = open_at(scratch.path / "a.db");
    REQUIRE(migrate(db, schema));
    {
        auto transaction = Transaction::begin(db);
        REQUIRE(transaction);
        REQUIRE(db.execute("INSERT INTO t DEFAULT VALUES"));
    }
    CHECK(count(db) == 0);
    auto transaction = Transaction::begin(db);
    REQUIRE(db.execute("INSERT INTO t DEFAULT VALUES"));
    REQUIRE(transaction->commit());
    CHECK(count(db) == 1);
}

TEST_CASE("store: a visitor can stop, and can fail with an error of its own", "[store]") {
    const Scratch scratch;
    Database db = open_at(scratch.path / "a.db");
    Statement three = *db.prepare("VALUES(1),(2),(3)");
    int seen = 0;
    REQUIRE(three.each([&](const Row&) { return ++seen < 2; }));
    CHECK(seen == 2);
    const auto fail = [](const Row&) -> Result<void> { return Error{Errc::malformed, "this one"}; };
    CHECK(three.each(fail).error().detail == "this one");
    CHECK(**three.one([](const Row& row) { return row.integer(0); }) == 1);
}

TEST_CASE("store: migrations run once, in order, and a newer database is refused", "[store]") {
    const Scratch scratch;
    constexpr const char* both[] = {schema[0], "INSERT INTO t DEFAULT VALUES;"};
    Database db = open_at(scratch.path / "a.db");
    REQUIRE(migrate(db, schema));
    CHECK(check_schema(db, 2).error().code == Errc::unsupported);
    REQUIRE(migrate(db, both));
    REQUIRE(migrate(db, both));
    CHECK(count(db) == 1);
    CHECK(check_schema(db, 2));
    CHECK(migrate(db, schema).error().code == Errc::unsupported);
    CHECK(check_schema(db, 1).error().code == Errc::unsupported);
}

TEST_CASE("store: a migration that fails changes nothing", "[store]") {
    const Scratch scratch;
    constexpr const char* bad[] = {"CREATE TABLE t(a INTEGER PRIMARY KEY); CREATE TABLE t(b);"};
    Database db = open_at(scratch.path / "a.db");
    CHECK(migrate(db, bad).error().code == Errc::corrupt);
    REQUIRE(migrate(db, schema));
}

TEST_CASE("store: errors say what kind they are", "[store]") {
    const Scratch scratch;
    const auto file = scratch.path / "a.db";
    CHECK(Database::open({.file = file}).error().code == Errc::not_found);
    CHECK(Database::open({.file = scratch.path / "no/a.db", .mode = Mode::create}).error().code
          == Errc::io);
    Database db = open_at(file);
    REQUIRE(migrate(db, schema));
    CHECK(db.execute("INSERT INTO t(a) VALUES(1),(1)").error().code == Errc::conflict);
    REQUIRE(db.execute("PRAGMA max_page_count=3"));
    CHECK(db.execute("INSERT INTO t(b) VALUES(zeroblob(90000))").error().code == Errc::disk_full);
    std::ofstream{scratch.path / "text"} << std::string(4096, 'x');
    CHECK(Database::open({.file = scratch.path / "text"}).error().code == Errc::corrupt);
    CHECK(Database::open({.file = scratch.path / "text", .mode = Mode::read_only}).error().code
          == Errc::corrupt);
}

TEST_CASE("store: a database, its WAL and its backup are readable by their owner only", "[store]") {
    const Scratch scratch;
    Database db = open_at(scratch.path / "a.db");
    REQUIRE(migrate(db, schema));
    REQUIRE(db.backup(scratch.path / "b.db"));
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator{scratch.path}) {
        CAPTURE(entry.path());
        ++files;
        CHECK((entry.status().permissions() & std::filesystem::perms{077})
              == std::filesystem::perms::none);
    }
    CHECK(files >= 4);
}

TEST_CASE("store: a reader sees each commit, cannot write, and its snapshot stands still",
          "[store]") {
    const Scratch scratch;
    Database db = open_at(scratch.path / "a.db");
    REQUIRE(migrate(db, schema));
    Database reader = open_at(scratch.path / "a.db", Mode::read_only);
    CHECK(reader.execute("INSERT INTO t DEFAULT VALUES").error().code == Errc::forbidden);
    REQUIRE(db.execute("INSERT INTO t DEFAULT VALUES"));
    CHECK(count(reader) == 1);
    auto snapshot = Transaction::begin(reader, Transaction::Kind::read);
    CHECK(count(reader) == 1);
    REQUIRE(db.execute("INSERT INTO t DEFAULT VALUES"));
    CHECK(count(reader) == 1);
    REQUIRE(snapshot->commit());
    CHECK(count(reader) == 2);
}

TEST_CASE("store: a checkpoint empties the WAL, a backup is a whole database", "[store]") {
    const Scratch scratch;
    Database db = open_at(scratch.path / "a.db");
    REQUIRE(migrate(db, schema));
    REQUIRE(db.execute("INSERT INTO t(b) VALUES(zeroblob(50000))"));
    const auto passive = db.checkpoint(Database::Checkpoint::passive);
    REQUIRE(passive);
    CHECK(passive->wal_pages > 10);
    CHECK(passive->copied_pages == passive->wal_pages);
    REQUIRE(db.checkpoint(Database::Checkpoint::truncate));
    CHECK(std::filesystem::file_size(scratch.path / "a.db-wal") == 0);
    REQUIRE(db.backup(scratch.path / "b.db"));
    Database copy = open_at(scratch.path / "b.db", Mode::read_only);
    CHECK(count(copy) == 1);
}

TEST_CASE("store: what a killed process had not synced is durable once another has opened it",
          "[store]") {
    const bool reader_in_the_way = GENERATE(false, true);
    CAPTURE(reader_in_the_way);
    SimDisk disk{"killed"};
    const Database::Options options{.file = "/sim/t.db", .mode = Mode::create, .vfs = disk.name()};
    auto database = *Database::open(options);
    REQUIRE(migrate(database, schema));
    disk.arm({.ops = {SimDisk::Op::sync}, .fault = SimDisk::Fault::kill});
    REQUIRE_FALSE(database.execute("INSERT INTO t(b) VALUES('answered')"));

    auto reader = *Database::open({.file = options.file, .mode = Mode::read_only, .vfs = "killed"});
    std::optional<Transaction> standing;
    if (reader_in_the_way) {
        standing.emplace(*Transaction::begin(reader, Transaction::Kind::read));
        REQUIRE(count(reader) == 1);
    }
    auto again = *Database::open(options);
    REQUIRE(count(again) == 1);
    disk.power_cut(SimDisk::Cut::lose_all);
    disk.power_on();
    auto after = *Database::open(options);
    CHECK(count(after) == 1);
}
