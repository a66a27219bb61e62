#pragma once

#include "sync/postgres/postgres.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <string>

namespace till::sync {

/// The address of a fresh schema, the case's own, in the server that TILL_TEST_POSTGRES names.
inline std::string make_postgres_schema(const std::string& name) {
    const char* const url = std::getenv("TILL_TEST_POSTGRES");
    if (url == nullptr) FAIL("run by tests/support/postgres.py, which starts a server");
    static int cases = 0;
    const std::string schema = name + std::to_string(++cases);
    auto db = Postgres::open(*PostgresAddress::parse(url));
    if (!db) FAIL(db.error().detail);
    REQUIRE(db->execute(("CREATE SCHEMA " + schema).c_str()));
    return std::string{url} + "?options=-csearch_path%3D" + schema;
}

}  // namespace till::sync
