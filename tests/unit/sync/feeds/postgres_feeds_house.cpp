#include "agent/crypto/system_random.hpp"
#include "tests/support/postgres_schema.hpp"
#include "tests/unit/sync/feeds/feeds_house.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;

namespace {

class PostgresFeedsHouse final : public FeedsHouse {
public:
    std::unique_ptr<FeedStore> open() override {
        SystemRandom random;
        auto store = FeedStore::open(*PostgresAddress::parse(url_), random);
        if (!store) FAIL(store.error().detail);
        return *std::move(store);
    }

private:
    std::string url_ = make_postgres_schema("feeds");
};

}  // namespace

std::unique_ptr<FeedsHouse> FeedsHouse::make() { return std::make_unique<PostgresFeedsHouse>(); }
