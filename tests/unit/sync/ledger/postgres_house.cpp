#include "tests/unit/sync/ledger/postgres_house.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>

namespace till::sync {

namespace {

Postgres connect(const PostgresAddress& address) {
    auto made = Postgres::open(address);
    if (!made) FAIL(made.error().detail);
    return *std::move(made);
}

}  // namespace

PostgresHouse::PostgresHouse(Random& random) : random_{random} {
    const char* const url = std::getenv("TILL_TEST_POSTGRES");
    if (url == nullptr) FAIL("run by tests/support/postgres.py, which starts a server");
    static int cases = 0;
    url_ = url;
    schema_ = "case" + std::to_string(++cases);
    const auto slash = url_.rfind('/'), colon = url_.rfind(':', slash);
    port_ = static_cast<std::uint16_t>(std::stoi(url_.substr(colon + 1, slash - colon - 1)));
    Postgres db = connect(*PostgresAddress::parse(url_));
    REQUIRE(db.execute(("DROP SCHEMA IF EXISTS " + schema_ + " CASCADE").c_str()));
    REQUIRE(db.execute(("CREATE SCHEMA " + schema_).c_str()));
}

PostgresHouse::~PostgresHouse() = default;

PostgresAddress PostgresHouse::address(std::uint16_t port) const {
    std::string url = url_;
    if (port != 0) {
        const auto slash = url.rfind('/'), colon = url.rfind(':', slash);
        url.replace(colon + 1, slash - colon - 1, std::to_string(port));
    }
    return *PostgresAddress::parse(url + "?options=-csearch_path%3D" + schema_);
}

std::unique_ptr<Store> PostgresHouse::open(Opened how) {
    auto store =
        PostgresStore::open({.address = address(),
                             .access = how == Opened::writing ? PostgresStore::Access::writing
                                                              : PostgresStore::Access::reading},
                            random_);
    if (!store) FAIL(store.error().detail);
    return *std::move(store);
}

std::unique_ptr<StoreHouse> StoreHouse::make(Random& random) {
    return std::make_unique<PostgresHouse>(random);
}

}  // namespace till::sync
