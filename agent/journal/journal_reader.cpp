#include "agent/journal/journal_reader.hpp"

#include "agent/core/hex.hpp"
#include "agent/journal/chain_walk.hpp"
#include "agent/journal/migrations.sql.hpp"
#include "agent/journal/rows.hpp"

#include <limits>

namespace till {

namespace {

constexpr std::size_t slice_records =
    4096;  // A read transaction this long does not hold up the WAL.
constexpr Seq last_possible{std::numeric_limits<std::int64_t>::max()};

}  // namespace

struct JournalReader::Impl {
    Database database;
    detail::JournalRows rows;
};

JournalReader::JournalReader(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
JournalReader::JournalReader(JournalReader&&) noexcept = default;
JournalReader& JournalReader::operator=(JournalReader&&) noexcept = default;
JournalReader::~JournalReader() = default;

Result<JournalReader> JournalReader::open(const std::filesystem::path& file, std::string vfs) {
    TILL_TRY(
        Database database,
        Database::open({.file = file, .mode = Database::Mode::read_only, .vfs = std::move(vfs)}));
    TILL_TRY_VOID(check_schema(database, std::size(sql::agent_journal)));
    TILL_TRY(detail::JournalRows rows, detail::JournalRows::prepare(database));
    return JournalReader{std::make_unique<Impl>(std::move(database), std::move(rows))};
}

Result<JournalIdentity> JournalReader::identity() { return impl_->rows.identity(); }

Result<Head> JournalReader::head() {
    TILL_TRY(const auto row, impl_->rows.head());
    return row.head;
}

Result<std::vector<sync::Envelope>> JournalReader::read(Seq from, std::size_t bytes_max,
                                                        std::size_t records_max) {
    return impl_->rows.read(from, bytes_max, records_max);
}

Result<void> JournalReader::scan(Seq from, const Visit& visit) {
    bool stopped = false;
    for (Seq done = from;;) {
        const Seq before = done;
        const auto on_event = [&](const sync::Envelope& envelope, const Digest& hash) {
            done = envelope.seq;
            stopped = !visit(envelope, hash);
            return !stopped;
        };
        TILL_TRY_VOID(impl_->rows.each(done, last_possible, slice_records, on_event));
        if (stopped || done == before) return {};
    }
}

Result<std::optional<Bytes>> JournalReader::salvage() { return impl_->rows.salvage(); }

Result<void> JournalReader::scan_loose(Seq from, const VisitLoose& visit) {
    return impl_->rows.each_loose(from, visit);
}

Result<std::vector<sync::KeptNote>> JournalReader::notes() {
    TILL_TRY(const JournalIdentity identity, this->identity());
    return impl_->rows.notes(identity.journal);
}

Result<void> JournalReader::check_pages() {
    TILL_TRY(Statement check, impl_->database.prepare("PRAGMA quick_check(1)"));
    Bytes found = "no answer";
    TILL_TRY_VOID(check.each([&](const Row& row) { found = row.bytes(0); }));
    if (found != "ok") return Error{Errc::corrupt, "sqlite: " + found};
    return {};
}

Result<std::optional<Digest>> JournalReader::hash_at(Seq seq) { return impl_->rows.hash_at(seq); }

Result<Head> JournalReader::kept_from() {
    TILL_TRY(const JournalIdentity identity, this->identity());
    return impl_->rows.checkpoint(identity.journal);
}

Result<Verification> JournalReader::verify(const Progress& progress) {
    TILL_TRY(const JournalIdentity identity, this->identity());
    TILL_TRY(const Head head, this->head());
    detail::ChainWalk walk{identity.journal, head};
    TILL_TRY(const auto notes, impl_->rows.notes(identity.journal));
    for (const auto& kept : notes) walk.noted({kept.note.last, kept.note.hash});
    for (Seq done{0};;) {
        // In one view: the agent may let go of some while this goes on.
        TILL_TRY(const auto snapshot, Transaction::begin(impl_->database, Transaction::Kind::read));
        TILL_TRY(const Head kept_from, impl_->rows.checkpoint(identity.journal));
        walk.let_go(kept_from);
        done = std::max(done, kept_from.seq);
        const Seq before = done;
        const auto on_event = [&](const sync::Envelope& envelope, const Digest& hash) {
            done = envelope.seq;
            walk.add(envelope, hash);
            return true;
        };
        // Up to the head of the beginning: what the agent adds meanwhile has its own turn.
        const auto read = impl_->rows.each(done, head.seq, slice_records, on_event);
        if (!read) {
            walk.unreadable(read.error().detail);
            break;
        }
        if (done == before) break;
        if (progress) progress(done, head.seq);
    }
    TILL_TRY(const auto transaction, Transaction::begin(impl_->database, Transaction::Kind::read));
    TILL_TRY(const Head now, this->head());
    const auto beyond = [&](const sync::Envelope& envelope, const Digest&) {
        walk.beyond_head(envelope.seq);
        return false;
    };
    if (const auto read = impl_->rows.each(now.seq, last_possible, 1, beyond); !read)
        walk.unreadable(read.error().detail);
    return walk.finish();
}

Result<std::vector<std::string>> JournalReader::business_days() {
    TILL_TRY(const auto transaction, Transaction::begin(impl_->database, Transaction::Kind::read));
    TILL_TRY(const auto derived, impl_->rows.derived());
    TILL_TRY(auto days, impl_->rows.business_days());
    DayTotals recent;
    const auto add = [&](const sync::Envelope& envelope, const Digest& hash) {
        detail::add_to(recent, envelope, hash);
        return true;
    };
    TILL_TRY_VOID(scan(derived.days, add));
    for (const auto& [key, figures] : recent.days()) days.push_back(key.business_day);
    std::sort(days.begin(), days.end());
    days.erase(std::unique(days.begin(), days.end()), days.end());
    return days;
}

Result<std::map<DayKey, DayFigures>> JournalReader::day_totals(std::string_view business_day) {
    TILL_TRY(const auto transaction, Transaction::begin(impl_->database, Transaction::Kind::read));
    TILL_TRY(const auto derived, impl_->rows.derived());
    DayTotals totals;
    const auto add = [&](const sync::Envelope& envelope, const Digest& hash) {
        detail::add_to(totals, envelope, hash);
        return true;
    };
    TILL_TRY_VOID(scan(derived.days, add));
    TILL_TRY(const auto keys, impl_->rows.stored_keys(business_day));
    for (const DayKey& key : keys) {
        TILL_TRY(const DayFigures stored, impl_->rows.stored_day(key));
        totals.merge(key, stored);
    }
    std::map<DayKey, DayFigures> out;
    for (const auto& [key, figures] : totals.days())
        if (key.business_day == business_day) out.emplace(key, figures);
    return out;
}

std::string Verification::summary() const {
    if (problems.empty()) {
        auto text = "1 to " + std::to_string(head.seq.value()) + ", no holes, one chain, head "
                    + hex(head.hash);
        if (kept_from.seq > Seq{0})
            text += "; 1 to " + std::to_string(kept_from.seq.value())
                    + " are at the centre only, as its note says";
        return text;
    }
    const Problem& first = problems.front();
    std::string text = "event " + std::to_string(first.seq.value()) + ": " + first.what;
    if (problems.size() > 1) text += "; and " + std::to_string(problems.size() - 1) + " more";
    return text;
}

}  // namespace till
