#include "sync/ledger/sqlite_store.hpp"
#include "tests/support/scratch.hpp"
#include "tests/unit/sync/ledger/store_house.hpp"

#include <catch2/catch.hpp>

namespace till::sync {

namespace {

class SqliteHouse final : public StoreHouse {
public:
    explicit SqliteHouse(Random& random) : random_{random} {}
    std::unique_ptr<Store> open(Opened how) override {
        auto store =
            SqliteStore::open({.file = scratch_.path / "ledger.db",
                               .access = how == Opened::writing ? SqliteStore::Access::writing
                                                                : SqliteStore::Access::reading},
                              random_);
        if (!store) FAIL(store.error().detail);
        return *std::move(store);
    }

private:
    Scratch scratch_;
    Random& random_;
};

}  // namespace

std::unique_ptr<StoreHouse> StoreHouse::make(Random& random) {
    return std::make_unique<SqliteHouse>(random);
}

}  // namespace till::sync
