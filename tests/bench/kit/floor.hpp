#pragma once

#include "agent/core/bytes.hpp"

#include <filesystem>
#include <span>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace till::bench {

/// The least a durable capture can cost with SQLite: WAL, synchronous=FULL, one table, the body and
/// nothing else, on the caller's thread. Everything else as SQLite has it by default. Any failure ends
/// the program.
class Floor {
public:
    explicit Floor(const std::filesystem::path& file);
    Floor(const Floor&) = delete;
    ~Floor();

    /// Inserts the bodies, `rows` to a commit. Returns each commit's time in microseconds.
    std::vector<double> insert(std::span<const Bytes> bodies, std::size_t rows);

private:
    void step(sqlite3_stmt* statement);

    sqlite3* database_ = nullptr;
    sqlite3_stmt *insert_ = nullptr, *begin_ = nullptr, *commit_ = nullptr;
};

}  // namespace till::bench
