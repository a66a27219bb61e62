#include "sync/projection/tables.hpp"

#include "sync/projection/migrations.sql.hpp"
#include "sync/wire/chain.hpp"

namespace till::sync::detail {

Result<Tables> Tables::open(const std::filesystem::path& file, Database::Mode mode,
                            const std::string& vfs) {
    TILL_TRY(Database db,
             Database::open({.file = file, .mode = mode, .vfs = vfs, .cache_kib = 32 * 1024}));
    if (mode == Database::Mode::read_only) {
        TILL_TRY_VOID(check_schema(db, std::size(sql::sync_projection)));
    } else {
        TILL_TRY_VOID(migrate(db, sql::sync_projection));
    }
    return Tables{std::move(db)};
}

Result<Statement*> Tables::prepared(const char* sql) {
    const auto found = statements_.find(sql);
    if (found != statements_.end()) return &found->second;
    TILL_TRY(Statement fresh, db_.prepare(sql));
    return &statements_.emplace(sql, std::move(fresh)).first->second;
}

Result<std::optional<Tables::Journal>> Tables::find_journal(const JournalId& journal) {
    TILL_TRY(Statement* const statement,
             prepared("SELECT number, cursor, device FROM journals WHERE journal = ?"));
    const auto read = [](const Row& row) {
        Journal found{row.integer(0), Seq{row.unsigned_integer(1)}};
        if (const auto device = Uuid::from_bytes(row.bytes(2))) found.device = DeviceId{*device};
        return found;
    };
    return statement->one(read, blob(journal.value()));
}

Result<Tables::Journal> Tables::journal(const JournalId& journal) {
    TILL_TRY(const auto found, find_journal(journal));
    if (found) return *found;
    TILL_TRY_VOID(run("INSERT INTO journals(journal, cursor, head) VALUES(?, 0, ?)",
                      blob(journal.value()), genesis(journal)));
    return Journal{db_.last_insert_rowid(), Seq{0}};
}

Result<void> Tables::introduce(const JournalId& journal, const DeviceId& device) {
    TILL_TRY(const Journal found, this->journal(journal));
    return run("UPDATE journals SET device = ? WHERE number = ?", blob(device.value()),
               found.number);
}

Result<JournalId> Tables::journal_id(std::int64_t number) {
    TILL_TRY(Statement* const statement, prepared("SELECT journal FROM journals WHERE number = ?"));
    const auto read = [](const Row& row) {
        return Uuid::from_bytes(row.bytes(0)).value_or(Uuid{});
    };
    TILL_TRY(const auto found, statement->one(read, number));
    if (!found) return Error{Errc::not_found, "no such journal"};
    return JournalId{*found};
}

Result<Tables::Day*> Tables::day(const v1::Context& context) {
    const char unit_separator = '\x1f';
    const std::string key = context.business_day() + unit_separator + context.store()
                            + unit_separator + context.workstation();
    const auto known = days_.find(key);
    if (known != days_.end()) return &known->second;
    if (days_.size() > 10'000) days_.clear();
    TILL_TRY_VOID(
        run("INSERT OR IGNORE INTO days(business_day, store, workstation) VALUES(?, ?, ?)",
            context.business_day(), context.store(), context.workstation()));
    Day found;
    const auto read = [&](const Row& row) {
        found = {row.integer(0), row.integer(1) != 0, row.integer(2), std::string{row.bytes(3)}};
    };
    TILL_TRY_VOID(
        each("SELECT id, closed, amendments, currency FROM days "
             "WHERE business_day = ? AND store = ? AND workstation = ?",
             read, context.business_day(), context.store(), context.workstation()));
    return &days_.emplace(key, std::move(found)).first->second;
}

}  // namespace till::sync::detail
