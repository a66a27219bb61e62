#pragma once

#include "agent/core/result.hpp"
#include "agent/store/statement.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;

namespace till {

/// One connection to one SQLite database, set up the only way this system uses it: WAL,
/// synchronous=FULL, foreign keys on, no automatic checkpoint. A commit that returned is on disk, and
/// so is everything that a writing connection finds when it opens: names, and commits that a process
/// before it left unfinished.
///
/// SQLite 3.40.1 has the WAL-reset bug, so a database has one connection that writes and
/// checkpoints; every other one, in any process, is opened read_only and never checkpoints.
/// Thread: one at a time.
class Database {
public:
    enum class Mode : std::uint8_t {
        read_only,  ///< Sees each commit of the writer; fails with not_found when there is no file.
        read_write,  ///< Fails with not_found when there is no file.
        create,      ///< Makes the file, readable by its owner only, or opens what is there.
    };
    struct Options {
        std::filesystem::path file;
        Mode mode = Mode::read_write;
        std::string
            vfs;  ///< Name of a registered VFS (which sees to file modes); empty: the default.
        std::chrono::milliseconds busy_timeout{2000};
        int cache_kib = 2048;
    };

    /// Errors here and everywhere below: disk_full, io, busy, corrupt (also: not a database, or not
    /// the tables that a statement expects), forbidden (read-only), conflict (a constraint).
    static Result<Database> open(const Options& options);

    /// Runs one or more statements that take no arguments and whose rows do not matter.
    Result<void> execute(const char* sql);
    Result<void> execute(const std::string& sql) { return execute(sql.c_str()); }
    /// Prepares one statement that will be run often.
    Result<Statement> prepare(std::string_view sql);

    std::int64_t changes() const;  ///< Rows the latest INSERT, UPDATE or DELETE touched.
    std::int64_t last_insert_rowid() const;
    bool in_transaction() const;

    /// Pages in the WAL after this connection's latest commit. No I/O.
    int wal_pages() const { return *wal_pages_; }
    /// passive copies back what no reader holds up; truncate also waits for readers (busy_timeout)
    /// and empties the WAL file. The writing connection only.
    enum class Checkpoint : std::uint8_t { passive, truncate };
    struct Checkpointed {
        int wal_pages = 0;     ///< In the WAL when it began.
        int copied_pages = 0;  ///< Of those, now in the database file.
    };
    Result<Checkpointed> checkpoint(Checkpoint mode);
    /// Makes all that can be read durable, also where an earlier sync failed and the kernel dropped what
    /// it should have written: copies the WAL back, and makes the disk forget the WAL's older frames, which
    /// would otherwise come back over the newer pages. As truncate, and one commit more.
    Result<void> secure();

    /// Copies the database as of now into `file`, which is overwritten, while others read and write.
    Result<void> backup(const std::filesystem::path& file);

private:
    friend class Transaction;
    struct Close {
        void operator()(sqlite3* handle) const;
    };
    explicit Database(sqlite3* handle);
    Result<void> secure_at_start(const Options& options);

    std::unique_ptr<int> wal_pages_;  // Its address is known to SQLite.
    std::unique_ptr<sqlite3, Close> handle_;
    Statement begin_read_, begin_write_, commit_, rollback_;
};

/// All or nothing: what was not committed when this goes out of scope is rolled back. Transactions
/// do not nest.
class Transaction {
public:
    enum class Kind : std::uint8_t {
        read,   ///< One snapshot for several SELECTs.
        write,  ///< Takes the write lock at once.
    };
    static Result<Transaction> begin(Database& database, Kind kind = Kind::write);

    /// Returns once it is on disk. After an error the outcome is unknown: drop the Database, open it
    /// again and look.
    Result<void> commit();

    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

private:
    explicit Transaction(Database& database) : database_{&database} {}
    Database* database_;  // Null once committed or moved from.
};

/// Brings a database to the newest schema: migration N (counted from 1) is what turns user_version
/// N-1 into N; each runs in a transaction of its own. unsupported when the database is newer than
/// this program. The list comes from the module's .sql files (till_embed_sql in CMake).
Result<void> migrate(Database& database, std::span<const char* const> migrations);

/// For read-only connections: the schema is exactly the newest one, or unsupported.
Result<void> check_schema(Database& database, std::size_t version);

}  // namespace till
