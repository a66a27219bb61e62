// What the gateways of one centre share besides the ledger.

#include "agent/crypto/hash.hpp"
#include "agent/crypto/system_random.hpp"
#include "sync/gateway/figures_box.hpp"
#include "tests/support/postgres_schema.hpp"
#include "tests/unit/sync/gateway/registry_house.hpp"

#include <catch2/catch.hpp>

#include <thread>

using namespace till;
using namespace till::sync;

namespace {

class PostgresRegistryHouse final : public RegistryHouse {
public:
    PostgresAddress address() const { return *PostgresAddress::parse(url_); }
    std::unique_ptr<Registry> open() override {
        auto registry = Registry::open(address());
        if (!registry) FAIL(registry.error().detail);
        return *std::move(registry);
    }

private:
    std::string url_ = make_postgres_schema("registry");
};

DeviceFigures figures(const char* text) {
    return {.figures = text, .signature = "signed", .verified = true, .received_ms = 7};
}

}  // namespace

std::unique_ptr<RegistryHouse> RegistryHouse::make() {
    return std::make_unique<PostgresRegistryHouse>();
}

TEST_CASE("gateway: of two gateways that are given one code at once, one enrols", "[gateway]") {
    PostgresRegistryHouse house;
    const auto first = house.open(), second = house.open();
    for (int i = 0; i < 20; ++i) {
        const Digest code = sha256(std::to_string(i));
        REQUIRE(first->add_code(code, {"12", "3", WallTime{1000}, WallTime{2000}, {}}));
        std::array<Result<Registry::Device>, 2> made;
        {
            const auto enrol = [&](Registry& at, std::size_t which) {
                Registry::Device device{.id = DeviceId{SystemRandom{}.uuid()}};
                made[which] = at.enrol(code, device, 8, WallTime{1500});
            };
            const std::jthread one{[&] { enrol(*first, 0); }}, two{[&] { enrol(*second, 1); }};
        }
        REQUIRE((made[0].has_value() != made[1].has_value()));
        const auto& refused = made[0] ? made[1] : made[0];
        CHECK(refused.error().code == Errc::conflict);
    }
    CHECK(first->devices()->size() == 20);
    CHECK(first->devices()->back().last_generation == 160);
}

TEST_CASE("gateway: a device that one gateway shut out is shut out at the other", "[gateway]") {
    PostgresRegistryHouse house;
    const auto first = house.open(), second = house.open();
    REQUIRE(first->add_code(sha256("c"), {"12", "3", WallTime{1000}, WallTime{2000}, {}}));
    const auto device =
        second->enrol(sha256("c"), {.id = DeviceId{SystemRandom{}.uuid()}}, 8, WallTime{1500});
    REQUIRE(device);
    CHECK(second->revoked()->empty());
    REQUIRE(first->revoke(device->id, "stolen", WallTime{3000}));
    CHECK(second->revoked().value() == std::set{device->id});
    CHECK(second->find(device->id).value()->revoked_reason == "stolen");
}

TEST_CASE("gateway: day figures wait in the box until the one that projects has kept them",
          "[gateway]") {
    PostgresRegistryHouse house;
    const auto from = *FiguresBox::open(house.address()), to = *FiguresBox::open(house.address());
    for (const char* text : {"one", "two", "bad", "four"}) REQUIRE(from->put(figures(text)));
    std::vector<std::string> kept;
    bool full = true;
    const auto keep = [&](const DeviceFigures& given) -> Result<void> {
        if (given.figures == "two" && full) return Error{Errc::disk_full, "no room"};
        if (given.figures == "bad") return Error{Errc::malformed, "not figures"};
        CHECK((given.verified && given.received_ms == 7 && given.signature == "signed"));
        kept.push_back(given.figures);
        return {};
    };
    CHECK(to->empty(keep).error().code == Errc::disk_full);
    full = false;
    CHECK(to->empty(keep).value() == 3);
    CHECK(kept == std::vector<std::string>{"one", "two", "four"});
    CHECK(to->empty(keep).value() == 0);
}
