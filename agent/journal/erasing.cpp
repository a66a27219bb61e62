#include "agent/journal/erasing.hpp"

#include "agent/crypto/hash.hpp"

namespace till {

Result<void> erase_sealed(Database& database, std::span<const Seq> events) {
    TILL_TRY_VOID(database.execute("PRAGMA secure_delete = ON"));
    TILL_TRY(Transaction transaction, Transaction::begin(database));
    for (const char* table : {"event", "loose"}) {
        const std::string name{table};
        TILL_TRY(Statement look, database.prepare("SELECT sealed FROM " + name
                                                  + " WHERE seq = ? AND sealed IS NOT NULL"));
        TILL_TRY(Statement erase,
                 database.prepare("UPDATE " + name
                                  + " SET sealed = NULL, erased_sealed = ? WHERE seq = ?"));
        for (const Seq event : events) {
            const auto hash = [](const Row& row) { return sha256(row.bytes(0)); };
            TILL_TRY(const auto sealed, look.one(hash, event.value()));
            if (sealed) TILL_TRY_VOID(erase.run(*sealed, event.value()));
        }
    }
    TILL_TRY_VOID(transaction.commit());
    TILL_TRY_VOID(database.execute("PRAGMA secure_delete = OFF"));
    // The WAL still holds what was overwritten; a reader only delays that.
    const auto emptied = database.checkpoint(Database::Checkpoint::truncate);
    if (!emptied && emptied.error().code != Errc::busy) return emptied.error();
    return {};
}

Result<void> erase_sealed(const std::filesystem::path& file, std::span<const Seq> events) {
    TILL_TRY(Database database, Database::open({.file = file}));
    return erase_sealed(database, events);
}

}  // namespace till
