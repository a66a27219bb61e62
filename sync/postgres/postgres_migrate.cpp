#include "sync/postgres/postgres.hpp"

namespace till::sync {

namespace {

Result<std::size_t> migrate_one(Postgres& database, std::string_view module,
                                std::span<const char* const> migrations) {
    // Any number of its own: whoever migrates holds it, whatever the module.
    TILL_TRY_VOID(database.execute("SELECT pg_advisory_xact_lock(7521930418)"));
    TILL_TRY_VOID(
        database.execute("CREATE TABLE IF NOT EXISTS till_schema("
                         "module bytea PRIMARY KEY, version bigint NOT NULL)"));
    TILL_TRY(const auto found,
             database.ask("SELECT version FROM till_schema WHERE module = $1", module));
    const std::size_t version = found.size() == 0 ? 0 : found[0].unsigned_integer(0);
    if (version > migrations.size())
        return Error{Errc::unsupported, "database schema " + std::to_string(version)
                                            + " was made by a newer program; this one knows up to "
                                            + std::to_string(migrations.size())};
    if (version == migrations.size()) return version;
    TILL_TRY_VOID(database.execute(migrations[version]));
    TILL_TRY_VOID(
        database.ask("INSERT INTO till_schema VALUES($1, $2) ON CONFLICT (module) "
                     "DO UPDATE SET version = excluded.version",
                     module, static_cast<std::int64_t>(version + 1)));
    return version + 1;
}

}  // namespace

Result<void> migrate(Postgres& database, std::string_view module,
                     std::span<const char* const> migrations) {
    for (std::size_t version = 0; version < migrations.size();) {
        TILL_TRY_VOID(database.begin());
        TILL_TRY(version, migrate_one(database, module, migrations));
        TILL_TRY_VOID(database.commit());
    }
    return {};
}

}  // namespace till::sync
