#include "agent/store/database.hpp"

#include "agent/store/sqlite.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace till {

namespace {

using detail::sqlite_error;

Error system_error(const std::string& what) {
    return Error{errno == ENOSPC ? Errc::disk_full : Errc::io, what + ": " + std::strerror(errno)};
}

// An empty file is an empty database. Made here, it is private from its first moment, and SQLite
// gives its WAL the same mode.
Result<void> make_private_file(const std::filesystem::path& file) {
    const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made < 0 && errno == EEXIST) return {};
    if (made < 0) return system_error("cannot make " + file.string());
    ::close(made);
    return {};
}

Result<void> sync_folder_of(const std::filesystem::path& file) {
    const auto parent = file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."};
    const int folder = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return system_error("cannot open " + parent.string());
    const int synced = ::fsync(folder);
    ::close(folder);
    if (synced != 0) return system_error("cannot sync " + parent.string());
    return {};
}

int open_flags(Database::Mode mode) {
    constexpr int always = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    switch (mode) {
        case Database::Mode::read_only:
            return always | SQLITE_OPEN_READONLY;
        case Database::Mode::read_write:
            return always | SQLITE_OPEN_READWRITE;
        case Database::Mode::create:
            break;
    }
    return always | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
}

int keep_wal_pages(void* into, sqlite3*, const char*, int pages) {
    *static_cast<int*>(into) = pages;
    return SQLITE_OK;
}

Result<void> set_up(Database& database, const Database::Options& options) {
    TILL_TRY_VOID(
        database.execute("PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;"
                         "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-"
                         + std::to_string(options.cache_kib)));
    if (options.mode == Database::Mode::read_only) {
        // Reading the schema finds out whether this is a database at all.
        return database.execute("SELECT count(*) FROM sqlite_schema");
    }
    TILL_TRY(Statement wal, database.prepare("PRAGMA journal_mode=WAL"));
    TILL_TRY(const auto mode, wal.one([](const Row& row) { return Bytes{row.bytes(0)}; }));
    if (mode != "wal") return Error{Errc::io, "sqlite: this file system or VFS cannot do WAL"};
    return database.execute("PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0");
}

}  // namespace

// v2 waits for statements that are still there: when a Database is assigned over, the old connection's
// own are finalised after it was closed.
void Database::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Database::Database(sqlite3* handle) : wal_pages_{std::make_unique<int>(0)}, handle_{handle} {}

Result<Database> Database::open(const Options& options) {
    if (options.mode == Mode::create && options.vfs.empty())
        TILL_TRY_VOID(make_private_file(options.file));
    sqlite3* handle = nullptr;
    const char* vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
    const int status =
        sqlite3_open_v2(options.file.c_str(), &handle, open_flags(options.mode), vfs);
    Database database{handle};  // SQLite hands out a handle to close even when it failed.
    if (status != SQLITE_OK) {
        Error error = sqlite_error(handle, status);
        if ((status & 0xff) == SQLITE_CANTOPEN && ::access(options.file.c_str(), F_OK) != 0)
            error.code = Errc::not_found;
        error.detail = options.file.string() + ": " + error.detail;
        return error;
    }
    sqlite3_busy_timeout(handle, static_cast<int>(options.busy_timeout.count()));
    if (options.mode == Mode::read_only)
        sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    if (auto ready = set_up(database, options); !ready) {
        ready.error().detail = options.file.string() + ": " + ready.error().detail;
        return std::move(ready).error();
    }
    // The WAL file stays when the last connection closes, for a sync that need not make it grow again.
    int keep = 1;
    if (options.mode != Mode::read_only)
        sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
    sqlite3_wal_hook(handle, &keep_wal_pages, database.wal_pages_.get());
    if (options.mode != Mode::read_only) TILL_TRY_VOID(database.secure_at_start(options));
    TILL_TRY(database.begin_read_, database.prepare("BEGIN"));
    TILL_TRY(database.begin_write_, database.prepare("BEGIN IMMEDIATE"));
    TILL_TRY(database.commit_, database.prepare("COMMIT"));
    TILL_TRY(database.rollback_, database.prepare("ROLLBACK"));
    return database;
}

// A process that died before its fsync, or whose fsync failed, leaves a WAL that is whole in the kernel's
// memory only: copied back and synced, it is as durable as it looks. Busy means that a reader kept the
// WAL from being emptied after that.
Result<void> Database::secure_at_start(const Options& options) {
    if (options.vfs.empty()) TILL_TRY_VOID(sync_folder_of(options.file));
    const auto secured = secure();
    if (!secured && secured.error().code != Errc::busy) return secured;
    return {};
}

Result<void> Database::execute(const char* sql) {
    const int status = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
    if (status != SQLITE_OK) return sqlite_error(handle_.get(), status);
    return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int status = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (status != SQLITE_OK) return sqlite_error(handle_.get(), status);
    return Statement{statement};
}

std::int64_t Database::changes() const { return sqlite3_changes64(handle_.get()); }

std::int64_t Database::last_insert_rowid() const {
    return sqlite3_last_insert_rowid(handle_.get());
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

Result<Database::Checkpointed> Database::checkpoint(Checkpoint mode) {
    const int how =
        mode == Checkpoint::passive ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE;
    Checkpointed done;
    const int status =
        sqlite3_wal_checkpoint_v2(handle_.get(), "main", how, &done.wal_pages, &done.copied_pages);
    if (status != SQLITE_OK) return sqlite_error(handle_.get(), status);
    *wal_pages_ = done.wal_pages - done.copied_pages;
    return done;
}

Result<void> Database::secure() {
    TILL_TRY_VOID(checkpoint(Checkpoint::truncate));
    // The new WAL's header, synced, is what makes the frames behind it void: any write will do.
    TILL_TRY(Statement version, prepare("PRAGMA user_version"));
    TILL_TRY(const auto number, version.one([](const Row& row) { return row.integer(0); }));
    TILL_TRY_VOID(execute("PRAGMA user_version = " + std::to_string(number.value_or(0))));
    TILL_TRY_VOID(checkpoint(Checkpoint::truncate));
    return {};
}

Result<void> Database::backup(const std::filesystem::path& file) {
    TILL_TRY_VOID(make_private_file(file));
    sqlite3* target = nullptr;
    const int opened = sqlite3_open_v2(file.c_str(), &target, open_flags(Mode::create), nullptr);
    const std::unique_ptr<sqlite3, Close> owner{target};
    if (opened != SQLITE_OK) return sqlite_error(target, opened);
    sqlite3_backup* copy = sqlite3_backup_init(target, "main", handle_.get(), "main");
    if (copy == nullptr) return sqlite_error(target, sqlite3_errcode(target));
    sqlite3_backup_step(copy,
                        -1);  // In one go, so that it is one snapshot; finish() has the error.
    const int status = sqlite3_backup_finish(copy);
    if (status != SQLITE_OK) return sqlite_error(target, status);
    return {};
}

Result<Transaction> Transaction::begin(Database& database, Kind kind) {
    TILL_TRY_VOID((kind == Kind::read ? database.begin_read_ : database.begin_write_).run());
    return Transaction{database};
}

Result<void> Transaction::commit() {
    TILL_TRY_VOID(database_->commit_.run());
    database_ = nullptr;
    return {};
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_{std::exchange(other.database_, nullptr)} {}

Transaction::~Transaction() {
    // After some errors SQLite has rolled back by itself. A rollback that fails leaves a connection
    // whose next BEGIN fails: nothing is lost by not looking at its result.
    if (database_ != nullptr && database_->in_transaction())
        static_cast<void>(database_->rollback_.run());
}

}  // namespace till
