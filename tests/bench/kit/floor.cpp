#include "tests/bench/kit/floor.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace till::bench {

namespace {

void must(bool done, const char* what) {
    if (!done) throw std::runtime_error{what};
}

}  // namespace

Floor::Floor(const std::filesystem::path& file) {
    must(sqlite3_open(file.c_str(), &database_) == SQLITE_OK, "open");
    constexpr const char* set_up =
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE event(seq INTEGER PRIMARY KEY, body BLOB NOT NULL)";
    must(sqlite3_exec(database_, set_up, nullptr, nullptr, nullptr) == SQLITE_OK, "set up");
    const auto prepare = [this](const char* sql, sqlite3_stmt** into) {
        must(sqlite3_prepare_v2(database_, sql, -1, into, nullptr) == SQLITE_OK, sql);
    };
    prepare("INSERT INTO event(body) VALUES(?)", &insert_);
    prepare("BEGIN IMMEDIATE", &begin_);
    prepare("COMMIT", &commit_);
}

Floor::~Floor() {
    for (sqlite3_stmt* statement : {insert_, begin_, commit_}) sqlite3_finalize(statement);
    sqlite3_close(database_);
}

void Floor::step(sqlite3_stmt* statement) {
    must(sqlite3_step(statement) == SQLITE_DONE, "step");
    sqlite3_reset(statement);
}

std::vector<double> Floor::insert(std::span<const Bytes> bodies, std::size_t rows) {
    std::vector<double> times;
    while (!bodies.empty()) {
        const auto batch = bodies.first(std::min(rows, bodies.size()));
        const auto start = std::chrono::steady_clock::now();
        if (rows > 1) step(begin_);
        for (const Bytes& body : batch) {
            sqlite3_bind_blob64(insert_, 1, body.data(), body.size(), SQLITE_STATIC);
            step(insert_);
        }
        if (rows > 1) step(commit_);
        const std::chrono::duration<double, std::micro> took =
            std::chrono::steady_clock::now() - start;
        times.push_back(took.count());
        bodies = bodies.subspan(batch.size());
    }
    return times;
}

}  // namespace till::bench
