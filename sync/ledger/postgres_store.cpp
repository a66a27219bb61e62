#include "sync/ledger/postgres_store.hpp"

#include "sync/ledger/postgres/migrations.sql.hpp"
#include "sync/ledger/postgres_tables.hpp"
#include "sync/ledger/run.hpp"
#include "sync/postgres/postgres_line.hpp"

namespace till::sync {

namespace {

// Held as long as the connection lives, and given back by the server when it does not.
constexpr const char* take_place = "SELECT pg_advisory_lock(7521930419)";

}  // namespace

struct PostgresStore::Impl {
    Impl(Options how, Random& from)
        : options{std::move(how)},
          random{from},
          line{options.address, [this](Postgres& fresh) { return set_up(fresh); }} {}

    Result<void> set_up(Postgres& fresh);
    Result<std::vector<Appended>> look(std::span<const Append> appends, const Error& cause);

    Options options;
    Random& random;
    PostgresLine line;
    Bytes epoch{};
};

PostgresStore::PostgresStore(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
PostgresStore::~PostgresStore() = default;

Result<std::unique_ptr<PostgresStore>> PostgresStore::open(Options options, Random& random) {
    auto impl = std::make_unique<Impl>(std::move(options), random);
    TILL_TRY_VOID(impl->line.connected());
    return std::unique_ptr<PostgresStore>{new PostgresStore{std::move(impl)}};
}

Result<void> PostgresStore::Impl::set_up(Postgres& fresh) {
    const bool writing = options.access == Access::writing;
    if (writing) TILL_TRY_VOID(migrate(fresh, "ledger", sql::sync_ledger_postgres));
    TILL_TRY(epoch, detail::load_epoch(fresh, writing, random));
    if (!writing) TILL_TRY_VOID(fresh.execute("SET default_transaction_read_only = on"));
    if (!options.alone) return {};
    const auto taken = fresh.execute(take_place);
    if (!taken && taken.error().code == Errc::busy)
        return Error{Errc::busy, "another process has the place that only one may have"};
    return taken;
}

Bytes PostgresStore::epoch() const { return impl_->epoch; }

Result<Bytes> PostgresStore::renew_epoch() {
    TILL_TRY(impl_->epoch, impl_->line.retried([this](Postgres& db) {
        return detail::renew_epoch(db, impl_->random);
    }));
    return impl_->epoch;
}

Result<JournalRow> PostgresStore::bind(const JournalRow& first_hello) {
    return impl_->line.retried([&](Postgres& db) { return detail::bind_journal(db, first_hello); });
}

Result<std::optional<JournalRow>> PostgresStore::find(const JournalId& journal) {
    return impl_->line.retried([&](Postgres& db) { return detail::find_journal(db, journal); });
}

Result<std::vector<JournalRow>> PostgresStore::journals() {
    return impl_->line.retried([](Postgres& db) { return detail::list_journals(db); });
}

Result<std::vector<Appended>> PostgresStore::commit(std::span<const Append> appends) {
    std::optional<Error> unknown;  // Set when COMMIT went out and no answer came.
    const auto once = [&](Postgres& db) -> Result<std::vector<Appended>> {
        TILL_TRY_VOID(db.begin());
        TILL_TRY(auto marks, detail::lock_marks(db, appends));
        TILL_TRY(auto done, detail::store_appends(db, appends, std::move(marks)));
        const auto committed = db.commit();
        if (committed) return done;
        if (committed.error().code != Errc::closed) return committed.error();
        unknown = committed.error();
        return Error{Errc::outcome_unknown, unknown->detail};
    };
    auto done = impl_->line.retried(once);
    if (!unknown) return done;
    return impl_->look(appends, *unknown);
}

// The connection that was lost holds the rows' locks until the server has ended its transaction, so
// what is read under them is what became of it.
Result<std::vector<Appended>> PostgresStore::Impl::look(std::span<const Append> appends,
                                                        const Error& cause) {
    const auto found = line.in_transaction([&](Postgres& db) -> Result<std::vector<Appended>> {
        TILL_TRY(const auto marks, detail::lock_marks(db, appends));
        return detail::look_up(db, appends, marks);
    });
    if (!found) return Error{Errc::outcome_unknown, cause.detail};
    for (const Appended& one : *found)
        if (one.won) return *found;
    return PostgresLine::as_disk(cause);
}

Result<std::uint32_t> PostgresStore::keep_branch(const JournalId& journal, const Mark& fork_point,
                                                 std::span<const Envelope> envelopes,
                                                 std::int64_t received_ms) {
    if (!detail::is_run(envelopes, fork_point.seq))
        return Error{Errc::malformed, "a branch is a run of envelopes that follows its fork point"};
    return impl_->line.in_transaction([&](Postgres& db) {
        return detail::store_branch(db, journal, fork_point, envelopes, received_ms);
    });
}

Result<std::vector<Store::Branch>> PostgresStore::branches(const JournalId& journal) {
    return impl_->line.retried([&](Postgres& db) { return detail::list_branches(db, journal); });
}

Result<std::vector<StoredEnvelope>> PostgresStore::read(const JournalId& journal, Seq from,
                                                        std::size_t bytes_max,
                                                        std::size_t records_max) {
    return impl_->line.retried([&](Postgres& db) {
        return detail::read_envelopes(db, journal, from, bytes_max, records_max);
    });
}

Result<Digest> PostgresStore::hash_at(const JournalId& journal, Seq seq) {
    return impl_->line.retried([&](Postgres& db) { return detail::hash_at(db, journal, seq); });
}

Result<void> PostgresStore::let_go(const KeptNote& checkpoint) {
    TILL_TRY_VOID(
        impl_->line.in_transaction([&](Postgres& db) { return detail::let_go(db, checkpoint); }));
    return {};
}

Result<void> PostgresStore::erase_sealed(const JournalId& journal, std::span<const Seq> events) {
    TILL_TRY_VOID(impl_->line.in_transaction(
        [&](Postgres& db) { return detail::erase_sealed(db, journal, events); }));
    return {};
}

Result<std::optional<KeptNote>> PostgresStore::checkpoint(const JournalId& journal) {
    return impl_->line.retried([&](Postgres& db) { return detail::find_checkpoint(db, journal); });
}

}  // namespace till::sync
