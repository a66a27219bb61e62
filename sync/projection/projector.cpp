#include "sync/projection/projector_impl.hpp"

#include "agent/core/limits.hpp"
#include "sync/wire/frames.pb.h"

namespace till::sync {

using detail::event_id;

namespace {

// What a later try may not meet again, or what is wrong with our own tables; anything else is the
// event's own fault.
bool is_not_its_fault(Errc code) {
    return code == Errc::io || code == Errc::disk_full || code == Errc::busy
           || code == Errc::outcome_unknown || code == Errc::corrupt;
}

Error gone(const JournalRow& row, Seq cursor) {
    return {Errc::corrupt, "journal " + row.journal.value().text() + " is projected up to "
                               + std::to_string(cursor.value())
                               + ", and the ledger has let go of its events up to "
                               + std::to_string(row.kept_from.value())
                               + ": restore projection.db and vault.db from a backup"};
}

constexpr std::size_t checkpoint_events = 20'000;  // With a backlog there is no idle gap.

constexpr const char* derived[] = {"day_events",
                                   "transactions",
                                   "lines",
                                   "tenders",
                                   "taxes",
                                   "tender_controls",
                                   "controls",
                                   "stock_counts",
                                   "stock_adjustments",
                                   "foreign_documents",
                                   "consents",
                                   "customers",
                                   "customer_links",
                                   "customer_news",
                                   "sealed_to_erase",
                                   "customer_reach",
                                   "crm_records",
                                   "set_aside",
                                   "parked",
                                   "duplicates",
                                   "withheld",
                                   "captures",
                                   "damages"};

}  // namespace

Projector::Projector(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Projector::~Projector() = default;

Result<std::unique_ptr<Projector>> Projector::open(const std::filesystem::path& file, Vault& vault,
                                                   const std::string& vfs) {
    TILL_TRY(Tables tables, Tables::open(file, Database::Mode::create, vfs));
    auto impl = std::make_unique<Impl>(std::move(tables), vault);
    TILL_TRY_VOID(impl->prepare());
    return std::unique_ptr<Projector>{new Projector{std::move(impl)}};
}

Result<void> Projector::Impl::prepare() {
    corrections.clear();
    TILL_TRY_VOID(tables.each(
        "SELECT event, correction FROM exceptions WHERE held AND correction IS NOT NULL",
        [&](const Row& row) { corrections[row.integer(0)] = row.bytes(1); }));
    return writer.prepare();
}

Result<void> Projector::Impl::write(const JournalId& journal, const Tables::Journal& at,
                                    const StoredEnvelope& stored) {
    const auto corrected = corrections.find(event_id(at.number, stored.envelope.seq));
    std::optional<BytesView> correction;
    if (corrected != corrections.end()) correction = corrected->second;
    return writer.write(journal, at, stored, correction);
}

Result<void> Projector::Impl::move_cursor(std::int64_t number, const StoredEnvelope& last) {
    return tables.run("UPDATE journals SET cursor = ?, head = ? WHERE number = ?",
                      last.envelope.seq.value(), last.hash, number);
}

Result<void> Projector::Impl::apply_run(const JournalId& journal, Tables::Journal at,
                                        std::span<const StoredEnvelope> run) {
    return in_transaction([&]() -> Result<void> {
        if (at.number == 0) { TILL_TRY(at, tables.journal(journal)); }
        for (const StoredEnvelope& stored : run) TILL_TRY_VOID(write(journal, at, stored));
        return move_cursor(at.number, run.back());
    });
}

Result<void> Projector::Impl::set_aside(const JournalId& journal, const StoredEnvelope& stored,
                                        const Error& why) {
    return in_transaction([&]() -> Result<void> {
        TILL_TRY(const Tables::Journal at, tables.journal(journal));
        TILL_TRY_VOID(writer.note(
            event_id(at.number, stored.envelope.seq),
            {"unprojectable", "", "the tables refuse it: " + why.detail, true}, std::nullopt));
        return move_cursor(at.number, stored);
    });
}

Result<Seq> Projector::cursor(const JournalId& journal) {
    TILL_TRY(const auto found, impl_->tables.find_journal(journal));
    return found ? found->cursor : Seq{0};
}

Result<Seq> Projector::settled(const JournalId& journal) {
    TILL_TRY(const auto found, impl_->tables.find_journal(journal));
    if (!found) return Seq{0};
    TILL_TRY(
        const auto needed,
        impl_->tables.integer(
            "SELECT min(event) FROM (SELECT event FROM parked UNION ALL "
            "SELECT event FROM exceptions WHERE state = 0 AND held) WHERE event BETWEEN ? AND ? "
            "HAVING count(*) > 0",
            event_id(found->number, Seq{1}), event_id(found->number, found->cursor)));
    return needed ? Seq{detail::seq_of(*needed).value() - 1} : found->cursor;
}

Result<void> Projector::apply(const JournalId& journal, std::span<const StoredEnvelope> run) {
    TILL_TRY(const auto found, impl_->tables.find_journal(journal));
    const Tables::Journal at = found.value_or(Tables::Journal{});
    while (!run.empty() && run.front().envelope.seq <= at.cursor) run = run.subspan(1);
    if (run.empty()) return {};
    for (std::size_t i = 0; i < run.size(); ++i)
        if (run[i].envelope.seq.value() != at.cursor.value() + 1 + i)
            return Error{Errc::out_of_range,
                         "expected event " + std::to_string(at.cursor.value() + 1 + i) + ", got "
                             + std::to_string(run[i].envelope.seq.value())};
    const auto done = impl_->apply_run(journal, at, run);
    if (done || is_not_its_fault(done.error().code)) return done;
    for (std::size_t i = 0; i < run.size(); ++i) {  // One event spoils the batch: find it.
        const auto one = impl_->apply_run(journal, at, run.subspan(i, 1));
        if (one) continue;
        if (is_not_its_fault(one.error().code)) return one;
        TILL_TRY_VOID(impl_->set_aside(journal, run[i], one.error()));
    }
    return {};
}

Result<std::size_t> Projector::catch_up(Store& store) {
    std::size_t applied = 0;
    std::optional<Error> first_error;
    TILL_TRY(const auto journals, store.journals());
    for (const JournalRow& row : journals) {
        TILL_TRY(const auto known, impl_->tables.find_journal(row.journal));
        const Tables::Journal at = known.value_or(Tables::Journal{});
        if (at.cursor >= row.mark.seq) continue;
        if (at.cursor < row.kept_from) {
            if (!first_error) first_error = gone(row, at.cursor);
            continue;
        }
        if (!at.device) TILL_TRY_VOID(impl_->tables.introduce(row.journal, row.device));
        TILL_TRY(const auto run, store.read(row.journal, at.cursor, limits::batch_bytes_max,
                                            limits::batch_records_max));
        const auto done = apply(row.journal, run);
        if (done)
            applied += run.size();
        else if (!first_error)
            first_error = done.error();
    }
    impl_->since_checkpoint += applied;
    const bool idle = applied == 0 && impl_->since_checkpoint > 0;
    if (idle || impl_->since_checkpoint > checkpoint_events) TILL_TRY_VOID(checkpoint());
    if (first_error) return *first_error;
    return applied;
}

Result<std::size_t> Projector::reproject_parked(Store& store) {
    std::vector<std::int64_t> known;
    const auto visit = [&](const Row& row) {
        if (is_known(Kind{static_cast<std::uint32_t>(row.integer(1))}))
            known.push_back(row.integer(0));
    };
    TILL_TRY_VOID(impl_->tables.each("SELECT event, kind FROM parked ORDER BY event", visit));
    for (const std::int64_t event : known) {
        TILL_TRY(const JournalId journal, impl_->tables.journal_id(detail::journal_of(event)));
        const Seq seq = detail::seq_of(event);
        TILL_TRY(const auto run, store.read(journal, Seq{seq.value() - 1}, 1, 1));
        if (run.empty()) return Error{Errc::corrupt, "a parked event is not in the ledger"};
        TILL_TRY_VOID(impl_->in_transaction([&]() -> Result<void> {
            TILL_TRY_VOID(impl_->tables.run("DELETE FROM parked WHERE event = ?", event));
            TILL_TRY(const Tables::Journal at, impl_->tables.journal(journal));
            return impl_->write(journal, at, run.front());
        }));
    }
    return known.size();
}

Result<void> Projector::rebuild(Store& store) {
    TILL_TRY(const auto journals, store.journals());
    for (const JournalRow& row : journals)
        if (row.kept_from > Seq{0}) return Error{Errc::unsupported, gone(row, Seq{0}).detail};
    TILL_TRY_VOID(impl_->in_transaction([&]() -> Result<void> {
        Database& db = impl_->tables.database();
        for (const char* table : derived)
            TILL_TRY_VOID(db.execute(std::string{"DELETE FROM "} + table));
        TILL_TRY_VOID(
            db.execute("DELETE FROM exceptions WHERE state = 0 OR fixed_by = 'projector'"));
        TILL_TRY_VOID(db.execute("UPDATE days SET closed = 0, amendments = 0, currency = ''"));
        return db.execute("UPDATE journals SET cursor = 0");
    }));
    return impl_->prepare();
}

Result<void> Projector::checkpoint() {
    TILL_TRY_VOID(impl_->tables.database().checkpoint(Database::Checkpoint::passive));
    impl_->since_checkpoint = 0;
    return impl_->vault.checkpoint();
}

Result<void> Projector::close(std::int64_t exception, const Fix& fix) {
    TILL_TRY(const auto state,
             impl_->tables.integer("SELECT state FROM exceptions WHERE id = ?", exception));
    if (!state) return Error{Errc::not_found, "no exception " + std::to_string(exception)};
    if (*state != 0)
        return Error{Errc::conflict,
                     "exception " + std::to_string(exception) + " is closed already"};
    return impl_->tables.run(
        "UPDATE exceptions SET state = 1, fixed_by = ?, note = ?, fixed_ms = ? WHERE id = ?",
        fix.by, fix.note, fix.at_ms, exception);
}

Result<void> Projector::correct(std::int64_t exception, BytesView body, const Fix& fix,
                                Store& store) {
    TILL_TRY(const auto event,
             impl_->tables.integer(
                 "SELECT event FROM exceptions WHERE id = ? AND state = 0 AND held", exception));
    if (!event) return impl_->correct_refused(exception, body, fix, store);
    TILL_TRY(const JournalId journal, impl_->tables.journal_id(detail::journal_of(*event)));
    TILL_TRY(const auto run, store.read(journal, Seq{detail::seq_of(*event).value() - 1}, 1, 1));
    if (run.empty()) return Error{Errc::corrupt, "the event is not in the ledger"};
    TILL_TRY_VOID(impl_->in_transaction([&]() -> Result<void> {
        Tables& tables = impl_->tables;
        TILL_TRY_VOID(tables.run(
            "UPDATE exceptions SET code = code || ?, state = 1, fixed_by = ?, "
            "note = ?, fixed_ms = ?, correction = ? WHERE event = ? AND held AND state = 0",
            detail::corrected_suffix, fix.by, fix.note, fix.at_ms, Blob{body}, *event));
        TILL_TRY_VOID(tables.run("DELETE FROM withheld WHERE event = ?", *event));
        TILL_TRY_VOID(
            tables.run("UPDATE day_events SET events = events - 1 WHERE journal = ? AND day = "
                       "(SELECT day FROM exceptions WHERE id = ?)",
                       detail::journal_of(*event), exception));
        TILL_TRY(const Tables::Journal at, tables.journal(journal));
        TILL_TRY_VOID(impl_->writer.write(journal, at, run.front(), body));
        Error refused{Errc::out_of_range, "", "", ""};
        TILL_TRY_VOID(tables.each(
            "SELECT field, cause FROM exceptions WHERE event = ? AND held AND state = 0 ORDER BY "
            "id DESC",
            [&](const Row& row) {
                refused.field = row.bytes(0);
                refused.detail = row.bytes(1);
            },
            *event));
        if (!refused.detail.empty()) return refused;
        return {};
    }));
    impl_->corrections[*event] = body;
    return {};
}

Result<void> Projector::keep_figures(const DeviceFigures& figures) {
    tillstream::v1::DayFigures said;
    if (!said.ParseFromString(figures.figures))
        return Error{Errc::malformed, "these are no DayFigures"};
    const auto id = Uuid::from_bytes(said.journal_id());
    if (!id) return Error{Errc::malformed, "a journal id has 16 bytes", "journal_id"};
    v1::Context of_day;
    of_day.set_store(said.store());
    of_day.set_workstation(said.workstation());
    of_day.set_business_day(said.business_day());
    return impl_->in_transaction([&]() -> Result<void> {
        TILL_TRY(const Tables::Journal journal, impl_->tables.journal(JournalId{*id}));
        TILL_TRY(const Tables::Day* const day, impl_->tables.day(of_day));
        return impl_->tables.run(
            "INSERT OR REPLACE INTO day_figures VALUES(?, ?, ?, ?, ?, ?, ?, ?)", day->id,
            journal.number, said.amendment(), said.upto_seq(), Blob{figures.figures},
            Blob{figures.signature}, figures.verified, figures.received_ms);
    });
}

}  // namespace till::sync
