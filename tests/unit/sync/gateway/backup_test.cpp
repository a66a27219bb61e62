#include "sync/gateway/backup.hpp"

#include "agent/crypto/hash.hpp"
#include "agent/crypto/system_random.hpp"
#include "sync/gateway/registry.hpp"
#include "sync/ledger/sqlite_store.hpp"
#include "tests/support/scratch.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace till;
using namespace till::sync;

namespace {

const WallTime now{1'000'000};

Registry::Device enrolled(const std::filesystem::path& file, const std::string& lane,
                          const std::string& code) {
    SystemRandom random;
    auto registry = Registry::open(file);
    REQUIRE(registry);
    REQUIRE((*registry)->add_code(sha256(code), {"12", lane, now, WallTime{9'000'000}, {}}));
    const auto device = (*registry)->enrol(sha256(code), {.id = DeviceId{random.uuid()}}, 8, now);
    REQUIRE(device);
    return *device;
}

}  // namespace

TEST_CASE("gateway: a restored home has another epoch and what was backed up", "[gateway]") {
    const Scratch scratch;
    SystemRandom random;
    const HomePaths home{scratch.path / "home"}, again{scratch.path / "again"};
    std::filesystem::create_directory(home.root);
    std::ofstream{home / "gateway.toml"} << "settings";
    std::ofstream{home / "lock"} << "of the process that runs";
    const auto serving = SqliteStore::open({.file = home / "ledger.db"}, random);
    REQUIRE(serving);

    const auto made = backup_home(home, scratch.path / "copy");
    REQUIRE(made);
    CHECK(made->files == 2);
    REQUIRE(restore_home(scratch.path / "copy", again, now, random));
    const auto restored = SqliteStore::open({.file = again / "ledger.db"}, random);
    REQUIRE(restored);
    CHECK((*restored)->epoch() != (*serving)->epoch());
    CHECK_FALSE(std::filesystem::exists(again / "lock"));
    CHECK_FALSE(std::filesystem::exists(scratch.path / "copy.partial"));
}

TEST_CASE("gateway: what is there already is never written over", "[gateway]") {
    const Scratch scratch;
    SystemRandom random;
    const HomePaths home{scratch.path / "home"};
    std::filesystem::create_directory(home.root);
    std::ofstream{home / "gateway.toml"} << "settings";
    REQUIRE(backup_home(home, scratch.path / "copy"));
    CHECK(backup_home(home, scratch.path / "copy").error().code == Errc::conflict);
    CHECK(restore_home(scratch.path / "copy", home, now, random).error().code == Errc::conflict);
    std::filesystem::create_directory(scratch.path / "next.partial");
    CHECK(backup_home(home, scratch.path / "next").error().code == Errc::conflict);
    CHECK(std::filesystem::exists(scratch.path / "next.partial"));
}

TEST_CASE("gateway: a damaged database is not called a backup", "[gateway]") {
    const Scratch scratch;
    const HomePaths home{scratch.path / "home"};
    std::filesystem::create_directory(home.root);
    std::ofstream{home / "ledger.db"} << std::string(8192, 'x');
    CHECK(backup_home(home, scratch.path / "copy").error().code == Errc::corrupt);
    CHECK_FALSE(std::filesystem::exists(scratch.path / "copy"));
    CHECK_FALSE(std::filesystem::exists(scratch.path / "copy.partial"));
}

TEST_CASE("gateway: after a restore no generation or code of before is given out", "[gateway]") {
    const Scratch scratch;
    const auto file = scratch.path / "registry.db";
    const auto before = enrolled(file, "1", "first");
    REQUIRE((*Registry::open(file))
                ->add_code(sha256("unused"), {"12", "1", now, WallTime{9'000'000}, {}}));
    REQUIRE(Registry::forget_since_backup(file, now));
    CHECK((*Registry::open(file))->check_code(sha256("unused"), now).error().code == Errc::stale);
    CHECK(enrolled(file, "1", "second").first_generation
          == before.last_generation + 1 + Registry::generations_skipped);
    CHECK(enrolled(file, "2", "third").first_generation == 1 + Registry::generations_skipped);
    REQUIRE(Registry::forget_since_backup(file, now));  // Restored once more.
    CHECK(enrolled(file, "3", "fourth").first_generation == 1 + 2 * Registry::generations_skipped);
}
