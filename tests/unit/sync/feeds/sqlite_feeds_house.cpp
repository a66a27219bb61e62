#include "agent/crypto/system_random.hpp"
#include "tests/support/scratch.hpp"
#include "tests/unit/sync/feeds/feeds_house.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;

namespace {

class SqliteFeedsHouse final : public FeedsHouse {
public:
    std::unique_ptr<FeedStore> open() override {
        SystemRandom random;
        auto store = FeedStore::open(folder_.path / "feeds.db", random);
        if (!store) FAIL(store.error().detail);
        return *std::move(store);
    }

private:
    Scratch folder_;
};

}  // namespace

std::unique_ptr<FeedsHouse> FeedsHouse::make() { return std::make_unique<SqliteFeedsHouse>(); }

TEST_CASE("feeds: a store that came from a backup is another one to its devices", "[feeds]") {
    const Scratch folder;
    SystemRandom random;
    const auto file = folder.path / "feeds.db";
    const Bytes before = (*FeedStore::open(file, random))->epoch().value();
    CHECK((*FeedStore::open(file, random))->epoch().value() == before);
    REQUIRE(FeedStore::renew_epoch(file, random));
    CHECK((*FeedStore::open(file, random))->epoch().value() != before);
}
