#include "sync/ledger/postgres_store.hpp"

#include "sync/ledger/postgres/migrations.sql.hpp"
#include "sync/ledger/postgres_tables.hpp"
#include "sync/ledger/run.hpp"

#include <chrono>

namespace till::sync {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

namespace {

constexpr int tries_max = 5;    // Of a transaction that met another one, or a dead connection.
constexpr auto breath = 500ms;  // A server that is away is not asked more often.

// To the ledger a server that is away is a disk that cannot be written.
Error as_store_says(const Error& error) {
    if (error.code == Errc::closed) return {Errc::io, error.detail};
    if (error.code == Errc::stale) return {Errc::busy, error.detail};
    return error;
}

}  // namespace

struct PostgresStore::Impl {
    Options options;
    Random& random;
    Bytes epoch{};
    std::optional<Postgres> connection{};
    std::optional<Error> away{};  // Why the latest attempt failed, and when the next one may be.
    Steady::time_point next_attempt{};

    Result<Postgres> connect();
    Result<Postgres*> connected();
    template <class Work>
    auto retried(const Work& work) -> decltype(work(*connection));
    template <class Work>
    auto in_transaction(const Work& work) -> decltype(work(*connection));
    Result<std::vector<Appended>> look(std::span<const Append> appends, const Error& cause);
};

PostgresStore::PostgresStore(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
PostgresStore::~PostgresStore() = default;

Result<std::unique_ptr<PostgresStore>> PostgresStore::open(Options options, Random& random) {
    auto impl = std::make_unique<Impl>(std::move(options), random);
    TILL_TRY_VOID(impl->connected());
    return std::unique_ptr<PostgresStore>{new PostgresStore{std::move(impl)}};
}

Result<Postgres> PostgresStore::Impl::connect() {
    TILL_TRY(Postgres fresh, Postgres::open(options.address));
    const bool writing = options.access == Access::writing;
    if (writing) TILL_TRY_VOID(migrate(fresh, "ledger", sql::sync_ledger_postgres));
    TILL_TRY(epoch, detail::load_epoch(fresh, writing, random));
    if (!writing) TILL_TRY_VOID(fresh.execute("SET default_transaction_read_only = on"));
    return fresh;
}

Result<Postgres*> PostgresStore::Impl::connected() {
    if (connection && !connection->is_lost()) return &*connection;
    connection.reset();
    if (away && Steady::now() < next_attempt) return *away;
    auto fresh = connect();
    if (!fresh) {
        next_attempt = Steady::now() + breath;
        away = fresh.error();
        return *away;
    }
    away.reset();
    connection.emplace(*std::move(fresh));
    return &*connection;
}

// `work` must be harmless when done twice: when its connection is lost, it is done again on another.
template <class Work>
auto PostgresStore::Impl::retried(const Work& work) -> decltype(work(*connection)) {
    for (int left = tries_max;;) {
        const auto open = connected();
        if (!open) return as_store_says(open.error());
        auto done = work(**open);
        if (done) return done;
        (*open)->roll_back();
        const Errc code = done.error().code;
        if ((code != Errc::closed && code != Errc::stale) || --left == 0)
            return as_store_says(done.error());
    }
}

template <class Work>
auto PostgresStore::Impl::in_transaction(const Work& work) -> decltype(work(*connection)) {
    return retried([&](Postgres& db) -> decltype(work(db)) {
        TILL_TRY_VOID(db.begin());
        TILL_TRY(auto done, work(db));
        TILL_TRY_VOID(db.commit());
        return done;
    });
}

Bytes PostgresStore::epoch() const { return impl_->epoch; }

Result<Bytes> PostgresStore::renew_epoch() {
    TILL_TRY(impl_->epoch, impl_->retried([this](Postgres& db) {
        return detail::renew_epoch(db, impl_->random);
    }));
    return impl_->epoch;
}

Result<JournalRow> PostgresStore::bind(const JournalRow& first_hello) {
    return impl_->retried([&](Postgres& db) { return detail::bind_journal(db, first_hello); });
}

Result<std::optional<JournalRow>> PostgresStore::find(const JournalId& journal) {
    return impl_->retried([&](Postgres& db) { return detail::find_journal(db, journal); });
}

Result<std::vector<JournalRow>> PostgresStore::journals() {
    return impl_->retried([](Postgres& db) { return detail::list_journals(db); });
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
    auto done = impl_->retried(once);
    if (!unknown) return done;
    return impl_->look(appends, *unknown);
}

// The connection that was lost holds the rows' locks until the server has ended its transaction, so
// what is read under them is what became of it.
Result<std::vector<Appended>> PostgresStore::Impl::look(std::span<const Append> appends,
                                                        const Error& cause) {
    const auto found = in_transaction([&](Postgres& db) -> Result<std::vector<Appended>> {
        TILL_TRY(const auto marks, detail::lock_marks(db, appends));
        return detail::look_up(db, appends, marks);
    });
    if (!found) return Error{Errc::outcome_unknown, cause.detail};
    for (const Appended& one : *found)
        if (one.won) return *found;
    return as_store_says(cause);
}

Result<std::uint32_t> PostgresStore::keep_branch(const JournalId& journal, const Mark& fork_point,
                                                 std::span<const Envelope> envelopes,
                                                 std::int64_t received_ms) {
    if (!detail::is_run(envelopes, fork_point.seq))
        return Error{Errc::malformed, "a branch is a run of envelopes that follows its fork point"};
    return impl_->in_transaction([&](Postgres& db) {
        return detail::store_branch(db, journal, fork_point, envelopes, received_ms);
    });
}

Result<std::vector<Store::Branch>> PostgresStore::branches(const JournalId& journal) {
    return impl_->retried([&](Postgres& db) { return detail::list_branches(db, journal); });
}

Result<std::vector<StoredEnvelope>> PostgresStore::read(const JournalId& journal, Seq from,
                                                        std::size_t bytes_max,
                                                        std::size_t records_max) {
    return impl_->retried([&](Postgres& db) {
        return detail::read_envelopes(db, journal, from, bytes_max, records_max);
    });
}

Result<Digest> PostgresStore::hash_at(const JournalId& journal, Seq seq) {
    return impl_->retried([&](Postgres& db) { return detail::hash_at(db, journal, seq); });
}

}  // namespace till::sync
