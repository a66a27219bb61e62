#include "agent/crypto/system_random.hpp"
#include "tests/unit/sync/feeds/feeds_house.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>

using namespace till;
using namespace till::sync;

namespace {

/// A schema of the case's own in the server that TILL_TEST_POSTGRES names.
class PostgresFeedsHouse final : public FeedsHouse {
public:
    PostgresFeedsHouse() {
        const char* const url = std::getenv("TILL_TEST_POSTGRES");
        if (url == nullptr) FAIL("run by tests/support/postgres.py, which starts a server");
        static int cases = 0;
        const std::string schema = "feeds" + std::to_string(++cases);
        auto db = Postgres::open(*PostgresAddress::parse(url));
        if (!db) FAIL(db.error().detail);
        REQUIRE(db->execute(("CREATE SCHEMA " + schema).c_str()));
        url_ = std::string{url} + "?options=-csearch_path%3D" + schema;
    }
    std::unique_ptr<FeedStore> open() override {
        SystemRandom random;
        auto store = FeedStore::open(*PostgresAddress::parse(url_), random);
        if (!store) FAIL(store.error().detail);
        return *std::move(store);
    }

private:
    std::string url_;
};

}  // namespace

std::unique_ptr<FeedsHouse> FeedsHouse::make() { return std::make_unique<PostgresFeedsHouse>(); }
