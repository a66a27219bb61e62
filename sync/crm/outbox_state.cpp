#include "sync/crm/outbox_state.hpp"

#include "sync/crm/migrations.sql.hpp"

namespace till::sync {

namespace {

constexpr int wal_pages_max = 500;

Blob blob(const JournalId& journal) { return Blob{journal.value().bytes()}; }

JournalId journal_of(const Row& row, int column) {
    return JournalId{Uuid::from_bytes(row.bytes(column)).value_or(Uuid{})};
}

}  // namespace

Result<std::unique_ptr<OutboxState>> OutboxState::open(const std::filesystem::path& file) {
    TILL_TRY(Database database, Database::open({.file = file, .mode = Database::Mode::create}));
    TILL_TRY_VOID(migrate(database, sql::sync_crm));
    return std::unique_ptr<OutboxState>{new OutboxState{std::move(database)}};
}

Result<void> OutboxState::commit(Transaction transaction) {
    TILL_TRY_VOID(transaction.commit());
    if (database_.wal_pages() > wal_pages_max)
        TILL_TRY_VOID(database_.checkpoint(Database::Checkpoint::passive));
    return {};
}

Result<OutboxState::Cursor> OutboxState::cursor(const std::string& connector,
                                                const JournalId& journal) {
    const std::scoped_lock lock{mutex_};
    TILL_TRY(Statement one, database_.prepare("SELECT seq, sending FROM cursor "
                                              "WHERE connector = ? AND journal = ?"));
    const auto read = [](const Row& row) {
        return Cursor{Seq{row.unsigned_integer(0)}, Seq{row.unsigned_integer(1)}};
    };
    TILL_TRY(const auto found, one.one(read, connector, blob(journal)));
    return found.value_or(Cursor{});
}

Result<std::map<JournalId, OutboxState::Cursor>> OutboxState::cursors(
    const std::string& connector) {
    const std::scoped_lock lock{mutex_};
    TILL_TRY(Statement every, database_.prepare("SELECT journal, seq, sending FROM cursor "
                                                "WHERE connector = ?"));
    std::map<JournalId, Cursor> found;
    const auto note = [&](const Row& row) {
        found.insert_or_assign(journal_of(row, 0),
                               Cursor{Seq{row.unsigned_integer(1)}, Seq{row.unsigned_integer(2)}});
    };
    TILL_TRY_VOID(every.each(note, connector));
    return found;
}

Result<void> OutboxState::begin_sending(const std::string& connector, const JournalId& journal,
                                        Seq upto) {
    const std::scoped_lock lock{mutex_};
    TILL_TRY(Transaction transaction, Transaction::begin(database_));
    TILL_TRY(Statement put, database_.prepare("INSERT INTO cursor VALUES (?1, ?2, 0, ?3) "
                                              "ON CONFLICT DO UPDATE SET sending = ?3"));
    TILL_TRY_VOID(put.run(connector, blob(journal), upto.value()));
    return commit(std::move(transaction));
}

Result<void> OutboxState::put_refusal(const std::string& connector, const Refusal& refusal) {
    TILL_TRY(Statement put,
             database_.prepare("INSERT OR REPLACE INTO refused VALUES (?, ?, ?, ?, ?, ?)"));
    ++refusals_changed_;
    return put.run(connector, blob(refusal.journal), refusal.seq.value(), refusal.field,
                   refusal.cause, refusal.at_ms);
}

Result<void> OutboxState::advance(const std::string& connector, const JournalId& journal, Seq upto,
                                  Seq sending, const std::vector<Seq>& late,
                                  const std::vector<Refusal>& refused) {
    const std::scoped_lock lock{mutex_};
    TILL_TRY(Transaction transaction, Transaction::begin(database_));
    TILL_TRY(Statement move, database_.prepare("INSERT INTO cursor VALUES (?1, ?2, ?3, ?4) "
                                               "ON CONFLICT DO UPDATE SET seq = ?3, sending = ?4"));
    TILL_TRY_VOID(move.run(connector, blob(journal), upto.value(), sending.value()));
    TILL_TRY(Statement wait, database_.prepare("INSERT OR IGNORE INTO late VALUES (?, ?, ?)"));
    for (const Seq seq : late) TILL_TRY_VOID(wait.run(connector, blob(journal), seq.value()));
    for (const Refusal& each : refused) TILL_TRY_VOID(put_refusal(connector, each));
    return commit(std::move(transaction));
}

Result<std::vector<OutboxState::Place>> OutboxState::late(const std::string& connector,
                                                          const Place& after, std::size_t most) {
    const std::scoped_lock lock{mutex_};
    TILL_TRY(Statement some, database_.prepare("SELECT journal, seq FROM late WHERE connector = ? "
                                               "AND (journal, seq) > (?, ?) "
                                               "ORDER BY journal, seq LIMIT ?"));
    std::vector<Place> found;
    const auto note = [&](const Row& row) {
        found.push_back({journal_of(row, 0), Seq{row.unsigned_integer(1)}});
    };
    TILL_TRY_VOID(some.each(note, connector, blob(after.journal), after.seq.value(), most));
    return found;
}

Result<void> OutboxState::settle_late(const std::string& connector, const JournalId& journal,
                                      Seq seq, const Refusal* refused) {
    const std::scoped_lock lock{mutex_};
    TILL_TRY(Transaction transaction, Transaction::begin(database_));
    TILL_TRY(Statement drop, database_.prepare("DELETE FROM late WHERE connector = ? "
                                               "AND journal = ? AND seq = ?"));
    TILL_TRY_VOID(drop.run(connector, blob(journal), seq.value()));
    if (refused) TILL_TRY_VOID(put_refusal(connector, *refused));
    return commit(std::move(transaction));
}

Result<std::vector<OutboxState::Refusal>> OutboxState::refused(const std::string& connector,
                                                               std::size_t most) {
    const std::scoped_lock lock{mutex_};
    TILL_TRY(Statement some,
             database_.prepare("SELECT journal, seq, field, cause, at_ms FROM refused "
                               "WHERE connector = ? ORDER BY at_ms, journal, seq LIMIT ?"));
    std::vector<Refusal> found;
    const auto note = [&](const Row& row) {
        found.push_back({journal_of(row, 0), Seq{row.unsigned_integer(1)}, Bytes{row.bytes(2)},
                         Bytes{row.bytes(3)}, row.integer(4)});
    };
    TILL_TRY_VOID(some.each(note, connector, most));
    return found;
}

Result<std::uint64_t> OutboxState::refused_count(const std::string& connector) {
    const std::scoped_lock lock{mutex_};
    TILL_TRY(Statement one, database_.prepare("SELECT count(*) FROM refused WHERE connector = ?"));
    const auto read = [](const Row& row) { return row.unsigned_integer(0); };
    TILL_TRY(const auto count, one.one(read, connector));
    return count.value_or(0);
}

Result<bool> OutboxState::is_open(const std::string& connector, const JournalId& journal, Seq seq) {
    const std::scoped_lock lock{mutex_};
    TILL_TRY(Statement look,
             database_.prepare("SELECT 1 FROM late WHERE connector = ?1 AND journal = ?2 AND seq = "
                               "?3 UNION SELECT 1 FROM refused WHERE connector = ?1 AND journal = "
                               "?2 AND seq = ?3"));
    const auto any = [](const Row&) { return true; };
    TILL_TRY(const auto found, look.one(any, connector, blob(journal), seq.value()));
    return found.has_value();
}

Result<std::uint64_t> OutboxState::retry(const std::string& connector,
                                         const std::optional<Place>& only) {
    const Place place = only.value_or(Place{});
    const std::scoped_lock lock{mutex_};
    ++refusals_changed_;
    TILL_TRY(Transaction transaction, Transaction::begin(database_));
    TILL_TRY(Statement again,
             database_.prepare("INSERT OR IGNORE INTO late SELECT connector, journal, seq "
                               "FROM refused WHERE connector = ?1 AND (?2 OR (journal, seq) = "
                               "(?3, ?4))"));
    TILL_TRY_VOID(again.run(connector, !only, blob(place.journal), place.seq.value()));
    TILL_TRY(Statement drop, database_.prepare("DELETE FROM refused WHERE connector = ?1 AND "
                                               "(?2 OR (journal, seq) = (?3, ?4))"));
    TILL_TRY_VOID(drop.run(connector, !only, blob(place.journal), place.seq.value()));
    const auto count = static_cast<std::uint64_t>(database_.changes());
    TILL_TRY_VOID(commit(std::move(transaction)));
    return count;
}

Result<void> OutboxState::give_up(const std::string& connector, const Place& refused) {
    const std::scoped_lock lock{mutex_};
    ++refusals_changed_;
    TILL_TRY(Transaction transaction, Transaction::begin(database_));
    TILL_TRY(Statement drop, database_.prepare("DELETE FROM refused WHERE connector = ? AND "
                                               "journal = ? AND seq = ?"));
    TILL_TRY_VOID(drop.run(connector, blob(refused.journal), refused.seq.value()));
    return commit(std::move(transaction));
}

Result<Agreement> OutboxState::agreement(const std::string& connector, const CustomerId& customer,
                                         const std::vector<std::string>& records) {
    const std::scoped_lock lock{mutex_};
    TILL_TRY(Statement one, database_.prepare("SELECT state FROM agreed WHERE connector = ? "
                                              "AND customer = ?"));
    const auto read = [](const Row& row) { return Bytes{row.bytes(0)}; };
    TILL_TRY(auto state, one.one(read, connector, Blob{customer.value().bytes()}));
    for (std::size_t i = 0; !state && i < records.size(); ++i) {
        TILL_TRY(state, one.one(read, connector, Blob{records[i]}));
    }
    return state ? Agreement::parse(*state) : Agreement{};
}

Result<void> OutboxState::agree(const std::string& connector, const Agreements& all) {
    if (all.empty()) return {};
    const std::scoped_lock lock{mutex_};
    TILL_TRY(Transaction transaction, Transaction::begin(database_));
    TILL_TRY(Statement put, database_.prepare("INSERT OR REPLACE INTO agreed VALUES (?, ?, ?)"));
    for (const auto& [customer, on] : all)
        TILL_TRY_VOID(put.run(connector, Blob{customer.value().bytes()}, Blob{on.serialised()}));
    return commit(std::move(transaction));
}

Result<void> OutboxState::agree(const std::string& connector, const std::string& record,
                                const Agreement& on) {
    const std::scoped_lock lock{mutex_};
    TILL_TRY(Transaction transaction, Transaction::begin(database_));
    TILL_TRY(Statement put, database_.prepare("INSERT OR REPLACE INTO agreed VALUES (?, ?, ?)"));
    TILL_TRY_VOID(put.run(connector, Blob{record}, Blob{on.serialised()}));
    return commit(std::move(transaction));
}

Result<void> OutboxState::forget(std::span<const CustomerId> customers,
                                 std::span<const std::string> records) {
    const std::scoped_lock lock{mutex_};
    TILL_TRY(Transaction transaction, Transaction::begin(database_));
    TILL_TRY(Statement drop, database_.prepare("DELETE FROM agreed WHERE customer = ?"));
    for (const CustomerId& one : customers) TILL_TRY_VOID(drop.run(Blob{one.value().bytes()}));
    for (const std::string& record : records) TILL_TRY_VOID(drop.run(Blob{record}));
    return commit(std::move(transaction));
}

Result<std::string> OutboxState::since(const std::string& connector) {
    const std::scoped_lock lock{mutex_};
    TILL_TRY(Statement one, database_.prepare("SELECT since FROM inbox WHERE connector = ?"));
    TILL_TRY(const auto found,
             one.one([](const Row& row) { return std::string{row.bytes(0)}; }, connector));
    return found.value_or("");
}

Result<void> OutboxState::read_up_to(const std::string& connector, const std::string& since) {
    const std::scoped_lock lock{mutex_};
    TILL_TRY(Transaction transaction, Transaction::begin(database_));
    TILL_TRY(Statement put, database_.prepare("INSERT OR REPLACE INTO inbox VALUES (?, ?)"));
    TILL_TRY_VOID(put.run(connector, since));
    return commit(std::move(transaction));
}

}  // namespace till::sync
