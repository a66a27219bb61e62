#include "sync/ledger/sqlite_store.hpp"

#include "sync/ledger/sqlite_connection.hpp"

namespace till::sync {

using detail::SqliteConnection;

struct SqliteStore::Impl {
    Options options;
    Random& random;
    Bytes epoch{};
    std::optional<SqliteConnection> connection{};

    // After an error whose outcome is unknown the connection was dropped: this opens it again.
    Result<SqliteConnection*> connected() {
        if (!connection) {
            TILL_TRY(SqliteConnection fresh, SqliteConnection::open(options, random));
            connection.emplace(std::move(fresh));
            epoch = connection->epoch;
        }
        return &*connection;
    }

    Result<std::vector<Appended>> look(std::span<const Append> appends, const Error& cause);
};

SqliteStore::SqliteStore(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(Options options, Random& random) {
    auto impl = std::make_unique<Impl>(std::move(options), random);
    TILL_TRY_VOID(impl->connected());
    return std::unique_ptr<SqliteStore>{new SqliteStore{std::move(impl)}};
}

Bytes SqliteStore::epoch() const { return impl_->epoch; }

Result<Bytes> SqliteStore::renew_epoch() {
    TILL_TRY(SqliteConnection* const connection, impl_->connected());
    TILL_TRY(impl_->epoch, connection->renew_epoch(impl_->random));
    return impl_->epoch;
}

Result<JournalRow> SqliteStore::bind(const JournalRow& first_hello) {
    TILL_TRY(SqliteConnection* const connection, impl_->connected());
    return connection->bind(first_hello);
}

Result<std::optional<JournalRow>> SqliteStore::find(const JournalId& journal) {
    TILL_TRY(SqliteConnection* const connection, impl_->connected());
    TILL_TRY(auto found, connection->find(journal));
    if (!found) return std::optional<JournalRow>{};
    return std::optional<JournalRow>{std::move(found->row)};
}

Result<std::vector<JournalRow>> SqliteStore::journals() {
    TILL_TRY(SqliteConnection* const connection, impl_->connected());
    return connection->journals();
}

Result<std::vector<Appended>> SqliteStore::commit(std::span<const Append> appends) {
    TILL_TRY(SqliteConnection* const connection, impl_->connected());
    auto done = connection->commit(appends);
    // Without room the commit's last frame was not written: nothing is stored, and nothing is unsure.
    const auto known = [](Errc code) { return code == Errc::busy || code == Errc::disk_full; };
    if (done || known(done.error().code)) return done;
    return impl_->look(appends, done.error());
}

// A commit that failed may be on disk all the same. A fresh connection is asked, after a checkpoint
// has written and synced anew whatever it sees: a page that once failed to sync cannot be trusted to.
Result<std::vector<Appended>> SqliteStore::Impl::look(std::span<const Append> appends,
                                                      const Error& cause) {
    connection.reset();
    const Error unknown{Errc::outcome_unknown, cause.detail};
    auto fresh = connected();
    if (!fresh || !(*fresh)->db.secure()) return unknown;
    std::vector<Appended> found;
    bool stored = false;
    for (const Append& append : appends) {
        auto journal = (*fresh)->find(append.journal);
        if (!journal) return unknown;
        const auto hash = (*fresh)->hash_at(append.journal, append.result.seq);
        const bool won = hash && *hash == append.result.hash;
        stored |= won;
        found.push_back({won, *journal ? (*journal)->row.mark : append.expected});
    }
    if (!stored) return cause;
    return found;
}

Result<std::uint32_t> SqliteStore::keep_branch(const JournalId& journal, const Mark& fork_point,
                                               std::span<const Envelope> envelopes,
                                               std::int64_t received_ms) {
    TILL_TRY(SqliteConnection* const connection, impl_->connected());
    return connection->keep_branch(journal, fork_point, envelopes, received_ms);
}

Result<std::vector<Store::Branch>> SqliteStore::branches(const JournalId& journal) {
    TILL_TRY(SqliteConnection* const connection, impl_->connected());
    return connection->branches(journal);
}

Result<std::vector<StoredEnvelope>> SqliteStore::read(const JournalId& journal, Seq from,
                                                      std::size_t bytes_max,
                                                      std::size_t records_max) {
    TILL_TRY(SqliteConnection* const connection, impl_->connected());
    return connection->read(journal, from, bytes_max, records_max);
}

Result<Digest> SqliteStore::hash_at(const JournalId& journal, Seq seq) {
    TILL_TRY(SqliteConnection* const connection, impl_->connected());
    return connection->hash_at(journal, seq);
}

// After a failed write nothing is known of what the file's pages hold: it is opened anew.
Result<void> SqliteStore::let_go(const KeptNote& checkpoint) {
    TILL_TRY(SqliteConnection* const connection, impl_->connected());
    auto done = connection->let_go(checkpoint);
    if (!done && done.error().code == Errc::io) impl_->connection.reset();
    return done;
}

Result<void> SqliteStore::erase_sealed(const JournalId& journal, std::span<const Seq> events) {
    TILL_TRY(SqliteConnection* const connection, impl_->connected());
    auto done = connection->erase_sealed(journal, events);
    if (!done && done.error().code == Errc::io) impl_->connection.reset();
    return done;
}

Result<std::optional<KeptNote>> SqliteStore::checkpoint(const JournalId& journal) {
    TILL_TRY(SqliteConnection* const connection, impl_->connected());
    return connection->checkpoint(journal);
}

Result<void> SqliteStore::tidy() {
    if (impl_->options.access == Access::reading) return {};
    TILL_TRY(SqliteConnection* const connection, impl_->connected());
    TILL_TRY_VOID(connection->db.checkpoint(Database::Checkpoint::passive));
    return {};
}

}  // namespace till::sync
