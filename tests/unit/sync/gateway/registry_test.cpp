// The contract of Registry: what it promises on SQLite and on PostgreSQL.

#include "agent/crypto/hash.hpp"
#include "agent/crypto/system_random.hpp"
#include "tests/unit/sync/gateway/registry_house.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;

namespace {

const Digest secret = sha256("secret");

Registry::Code code(const char* store = "12", const char* lane = "3") {
    return {store, lane, WallTime{1000}, WallTime{2000}, {}};
}

Registry::Device device(const char* serial) {
    return {.id = DeviceId{SystemRandom{}.uuid()},
            .certificate_pem = "pem",
            .serial = serial,
            .key_sha256 = "key",
            .not_after = WallTime{9000}};
}

}  // namespace

TEST_CASE("gateway: a code enrols one device once, and only in its time", "[gateway]") {
    const auto house = RegistryHouse::make();
    auto registry = house->open();
    REQUIRE(registry->add_code(secret, code()));
    CHECK(registry->check_code(sha256("other"), WallTime{1500}).error().code == Errc::not_found);
    CHECK(registry->check_code(secret, WallTime{2000}).error().code == Errc::stale);
    const auto enrolled = registry->enrol(secret, device("01"), 8, WallTime{1500});
    REQUIRE(enrolled);
    CHECK(enrolled->store == "12");
    CHECK(enrolled->workstation == "3");
    CHECK(registry->enrol(secret, device("02"), 8, WallTime{1600}).error().code == Errc::conflict);
    CHECK(registry->devices()->size() == 1);
    CHECK(registry->codes()->at(0).used == WallTime{1500});
}

TEST_CASE("gateway: no two devices of a lane are ever allotted the same receipt generation",
          "[gateway]") {
    const auto house = RegistryHouse::make();
    auto registry = house->open();
    std::uint32_t next = 1;
    for (int i = 0; i < 5; ++i) {
        const Digest hash = sha256(std::to_string(i));
        REQUIRE(registry->add_code(hash, code()));
        const auto enrolled = registry->enrol(hash, device("01"), 8, WallTime{1500});
        REQUIRE(enrolled);
        CHECK(enrolled->first_generation == next);
        CHECK(enrolled->last_generation == next + 7);
        next += 8;
        registry = house->open();  // Also across restarts.
    }
    REQUIRE(registry->add_code(sha256("lane"), code("12", "4")));
    CHECK(registry->enrol(sha256("lane"), device("01"), 8, WallTime{1500})->first_generation == 1);
}

TEST_CASE("gateway: a revoked device stays revoked and cannot be renewed", "[gateway]") {
    const auto house = RegistryHouse::make();
    auto registry = house->open();
    REQUIRE(registry->add_code(secret, code()));
    const auto enrolled = registry->enrol(secret, device("01"), 8, WallTime{1500});
    REQUIRE(registry->renew(enrolled->id, "new pem", "02", WallTime{9999}));
    CHECK(registry->find(enrolled->id).value()->serial == "02");
    REQUIRE(registry->revoke(enrolled->id, "stolen", WallTime{3000}));
    REQUIRE(registry->revoke(enrolled->id, "again", WallTime{4000}));
    const auto found = registry->find(enrolled->id).value();
    CHECK(registry->revoked().value() == std::set{enrolled->id});
    CHECK(found->revoked == WallTime{3000});
    CHECK(found->revoked_reason == "stolen");
    CHECK(registry->renew(enrolled->id, "pem", "03", WallTime{9999}).error().code
          == Errc::forbidden);
    const DeviceId stranger{SystemRandom{}.uuid()};
    CHECK(registry->revoke(stranger, "x", WallTime{1}).error().code == Errc::not_found);
    CHECK(registry->renew(stranger, "x", "x", WallTime{1}).error().code == Errc::not_found);
}
