#include "agent/store/database.hpp"
#include "sync/ledger/sqlite_store.hpp"
#include "sync/projection/projector.hpp"
#include "tests/crash/records.hpp"
#include "tests/crash/sim_targets.hpp"

namespace till::crash {

namespace {

using sync::Projector;
using sync::SqliteStore;
using sync::Vault;

const std::string ledger_file = "/crash/ledger.db", vault_file = "/crash/vault.db",
                  projection_file = "/crash/projection.db";

sync::VaultKeys keys() {
    return {
        .sealing = {}, .token_key = Secret{Bytes(32, 't')}, .master_key = Secret{Bytes(32, 'm')}};
}

class SimCentre final : public Target {
public:
    explicit SimCentre(SimDisk& disk) : disk_{disk} {}
    ~SimCentre() override { SimCentre::close(); }

    Result<void> open() override {
        close();
        disk_.sync_names();
        TILL_TRY(store_, SqliteStore::open({.file = ledger_file, .vfs = disk_.name()}, random_));
        TILL_TRY(reading_, open_reading());
        TILL_TRY(vault_,
                 Vault::open(vault_file, keys(), random_, Vault::Access::writing, disk_.name()));
        TILL_TRY(projector_, Projector::open(projection_file, *vault_, disk_.name()));
        return {};
    }

    std::vector<Result<std::string>> store(Number first, std::size_t count) override {
        const auto acknowledged = commit(fleet_.sent(first, count));
        std::vector<Result<std::string>> answers(count, Error{Errc::io, "not stored"});
        for (std::size_t i = 0; i < count; ++i) {
            if (!acknowledged)
                answers[i] = acknowledged.error();
            else if ((*acknowledged)[Fleet::journal_of(first + i)] >= Fleet::seq_of(first + i))
                answers[i] = fleet_.where(first + i);
        }
        return answers;
    }

    void rest() override {
        Result<std::size_t> applied = 1U;
        while (applied && *applied > 0) applied = projector_->catch_up(*reading_);
        static_cast<void>(store_->tidy());
    }

    void close() override {
        projector_.reset();
        vault_.reset();
        reading_.reset();
        store_.reset();
    }

    Result<std::vector<Held>> held() override {
        TILL_TRY(const auto store, open_reading());
        TILL_TRY(auto all, held_by(*store));
        TILL_TRY_VOID(check_projection(*store));
        return all;
    }

private:
    Result<std::unique_ptr<SqliteStore>> open_reading() {
        return SqliteStore::open(
            {.file = ledger_file, .access = SqliteStore::Access::reading, .vfs = disk_.name()},
            random_);
    }

    // As the sessions do it: hello, the mark at the centre, what is beyond it. How far each journal
    // may be acknowledged.
    using Acknowledged = std::array<std::uint64_t, Fleet::size>;
    Result<Acknowledged> commit(const std::vector<Fleet::Sent>& runs) {
        Acknowledged upto{};
        std::vector<sync::Append> appends;
        std::vector<std::size_t> which;
        for (const auto& run : runs) {
            const sync::FakeJournal& from = fleet_.journal(run.journal);
            TILL_TRY(const auto row, store_->bind(from.hello()));
            upto[run.journal] = row.mark.seq.value();
            if (row.mark.seq.value() >= run.upto) continue;
            appends.push_back(from.append(row.mark.seq.value(), run.upto));
            which.push_back(run.journal);
        }
        if (appends.empty()) return upto;
        TILL_TRY(const auto done, store_->commit(appends));
        for (std::size_t i = 0; i < which.size(); ++i) upto[which[i]] = done[i].mark.seq.value();
        return upto;
    }

    // Each event up to the cursor is one transaction, and nothing else is; the sums are theirs.
    Result<void> check_projection(sync::Store& store) {
        TILL_TRY(auto database, Database::open({.file = projection_file,
                                                .mode = Database::Mode::read_only,
                                                .vfs = disk_.name()}));
        std::int64_t events = 0, gross = 0;
        TILL_TRY(const auto journals, store.journals());
        TILL_TRY(auto cursor, database.prepare("SELECT cursor FROM journals WHERE journal = ?"));
        for (const auto& row : journals) {
            const auto at = [](const Row& found) { return found.integer(0); };
            TILL_TRY(const auto upto, cursor.one(at, Blob{row.journal.value().bytes()}));
            const auto count = upto.value_or(0);
            events += count;
            TILL_TRY(const auto run,
                     store.read(row.journal, Seq{0}, 1 << 24, static_cast<std::size_t>(count)));
            for (const auto& stored : run) gross += gross_of(stored.envelope);
        }
        TILL_TRY(auto sums, database.prepare("SELECT count(*), coalesce(sum(gross), 0), "
                                             "(SELECT coalesce(sum(events), 0) FROM day_events) "
                                             "FROM transactions"));
        bool agree = false;
        TILL_TRY_VOID(sums.each([&](const Row& row) {
            agree = row.integer(0) == events && row.integer(1) == gross && row.integer(2) == events;
        }));
        if (agree) return {};
        return Error{Errc::corrupt, "the projection is not what its cursors say"};
    }

    SimDisk& disk_;
    sync::SeededRandom random_{9};
    Fleet fleet_;
    std::unique_ptr<SqliteStore> store_, reading_;
    std::unique_ptr<Vault> vault_;
    std::unique_ptr<Projector> projector_;
};

}  // namespace

std::unique_ptr<Target> sim_centre(SimDisk& disk) { return std::make_unique<SimCentre>(disk); }

}  // namespace till::crash
