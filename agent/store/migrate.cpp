#include "agent/store/database.hpp"

namespace till {

namespace {

Result<std::size_t> schema_version(Database& database) {
    TILL_TRY(Statement version, database.prepare("PRAGMA user_version"));
    TILL_TRY(const auto found, version.one([](const Row& row) { return row.integer(0); }));
    return static_cast<std::size_t>(found.value_or(0));
}

Error newer(std::size_t found, std::size_t known) {
    return Error{Errc::unsupported, "database schema " + std::to_string(found)
                                        + " was made by a newer program; this one knows up to "
                                        + std::to_string(known)};
}

}  // namespace

Result<void> migrate(Database& database, std::span<const char* const> migrations) {
    TILL_TRY(std::size_t version, schema_version(database));
    if (version > migrations.size()) return newer(version, migrations.size());
    while (version < migrations.size()) {
        TILL_TRY(Transaction transaction, Transaction::begin(database));
        TILL_TRY_VOID(database.execute(migrations[version]));
        TILL_TRY_VOID(database.execute("PRAGMA user_version=" + std::to_string(++version)));
        TILL_TRY_VOID(transaction.commit());
    }
    return {};
}

Result<void> check_schema(Database& database, std::size_t version) {
    TILL_TRY(const std::size_t found, schema_version(database));
    if (found > version) return newer(found, version);
    if (found < version)
        return Error{Errc::unsupported, "database schema " + std::to_string(found)
                                            + " is older than " + std::to_string(version)
                                            + "; the program that owns it must open it first"};
    return {};
}

}  // namespace till
