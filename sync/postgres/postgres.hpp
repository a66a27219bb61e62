#pragma once

#include "agent/core/result.hpp"
#include "sync/postgres/postgres_values.hpp"

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct pg_conn;

namespace till::sync {

/// Where a database is and who asks. It can be used but its password cannot be printed.
class PostgresAddress {
public:
    /// "postgresql://user:password@host:port/database?…" or "host=… dbname=…", as libpq has it.
    /// Fails with malformed; what it says repeats nothing of the text.
    static Result<PostgresAddress> parse(std::string_view url);
    /// "user@host:port/database", for people and logs.
    std::string text() const;

private:
    friend class Postgres;
    std::string_view word(std::string_view key) const;
    std::vector<std::pair<std::string, std::string>> words_;
};

/// One connection to one PostgreSQL server that writes to disk what it commits. Every wait has an
/// end: a server that does not answer costs a few seconds, then the connection is lost.
///
/// Errors here and below: closed (the connection is lost: open another), busy (others are in the
/// way), disk_full, conflict (a constraint), forbidden, corrupt, unsupported (another schema), io.
/// After any error a transaction must be rolled back.
/// Thread: one at a time. Blocks.
class Postgres {
public:
    /// Fails with closed when there is nobody, with unsupported when the server does not keep what
    /// it commits (fsync = off).
    static Result<Postgres> open(const PostgresAddress& address);

    /// Runs one statement with its arguments ($1, $2, …).
    template <class... Args>
    Result<PostgresRows> ask(const std::string& sql, const Args&... args) {
        const std::initializer_list<PostgresValue> values{value(args)...};
        return run(sql.c_str(), {values.begin(), values.size()});
    }
    /// Runs one or more statements that take no arguments and whose rows do not matter.
    Result<void> execute(const char* sql);
    /// Runs "COPY … FROM STDIN (FORMAT binary)".
    Result<void> copy(const char* sql, const PostgresCopy& rows);

    Result<void> begin() { return execute("BEGIN"); }
    /// Returns once it is on disk. An answer other than closed is certain; after closed the outcome
    /// is not known.
    Result<void> commit();
    /// Undoes a transaction if there is one; a connection that cannot do so is lost.
    void roll_back();

    bool is_lost() const { return lost_; }
    /// The latest statement gave way to another transaction: the same from the start may succeed.
    bool gave_way() const { return gave_way_; }

private:
    struct Close {
        void operator()(pg_conn* handle) const;
    };
    using Deadline = std::int64_t;  // Of the steady clock, in milliseconds.

    explicit Postgres(pg_conn* handle) : handle_{handle} {}
    static const PostgresValue& value(const PostgresValue& given) { return given; }
    template <class T>
    static PostgresValue value(const T& given) {
        return pg(given);
    }
    Result<void> set_up();
    Result<PostgresRows> run(const char* sql, std::span<const PostgresValue> arguments);
    Result<PostgresRows> answer(Deadline deadline);
    Result<void> flush(Deadline deadline);
    Result<void> wait(bool writing, Deadline deadline);
    Error lose(std::string why);

    std::unique_ptr<pg_conn, Close> handle_;
    bool lost_ = false;
    bool gave_way_ = false;
};

/// Brings the tables of `module` to the newest schema, as the same function for SQLite does.
/// Programs that start at the same time wait for each other.
Result<void> migrate(Postgres& database, std::string_view module,
                     std::span<const char* const> migrations);

}  // namespace till::sync
