#include "agent/journal/salvage.hpp"

#include "agent/journal/event_writer.hpp"
#include "agent/journal/first_page.hpp"
#include "agent/journal/leaf_scan.hpp"
#include "agent/journal/migrations.sql.hpp"
#include "agent/journal/rows.hpp"
#include "sync/wire/chain.hpp"

#include <algorithm>
#include <set>

namespace till {

namespace {

namespace v1 = tillstream::v1;

constexpr const char* columns =
    "seq, version, kind, wall, since_boot, boot, hash, key, request, transaction_number,"
    " receipt_counter, erased_sealed, sealed, body";
constexpr std::size_t event_columns = 14;
constexpr std::size_t slice = 4096;  // Rows in one transaction, so that the WAL stays short.
// Where no row says how far the journal went, the search ends after so many that are not there.
constexpr std::uint64_t beyond_max = 100'000;

std::optional<Blob> optional_blob(const Row& row, int column) {
    const auto bytes = row.optional_bytes(column);
    return bytes ? std::optional{Blob{*bytes}} : std::nullopt;
}

/// Copies rows until nothing more can be read. The outer errors are the new file's.
class Copier {
public:
    /// `known` is how far the journal is known to go.
    static Result<Copier> make(Database& into, Seq known) {
        Copier copier{into, known};
        TILL_TRY(copier.insert_, into.prepare("INSERT OR IGNORE INTO event VALUES"
                                              "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
        return copier;
    }

    Result<void> copy(Database& from) {
        const std::string select = std::string{"SELECT "} + columns + " FROM event WHERE seq ";
        auto run = from.prepare(select + "> ? ORDER BY seq LIMIT ?");
        auto one = from.prepare(select + "= ?");
        if (!run || !one) return {};
        run_ = *std::move(run);
        one_ = *std::move(one);
        TILL_TRY_VOID(walk_tree());
        return look_for_missing();
    }

    /// Leaves that a broken tree does not lead to any more.
    Result<void> look_at_leaves(const std::filesystem::path& damaged) {
        TILL_TRY(const auto missing, missing_now());
        if (missing.empty()) return {};
        TILL_TRY(Transaction transaction, Transaction::begin(*into_));
        const std::set<std::uint64_t> wanted{missing.begin(), missing.end()};
        const auto add = [&](const detail::RawRow& row) {
            if (!written_ || row.rowid < 1) return;
            const auto seq = static_cast<std::uint64_t>(row.rowid);
            if (wanted.contains(seq) || seq > known_) take(row);
        };
        detail::scan_leaf_pages(damaged, event_columns, add);
        TILL_TRY_VOID(written_);
        return transaction.commit();
    }

private:
    Copier(Database& into, Seq known) : into_{&into}, known_{known.value()} {}

    Result<void> walk_tree() {
        for (std::uint64_t at = 0; at < believable();) {
            TILL_TRY(Transaction transaction, Transaction::begin(*into_));
            const bool whole =
                run_.each([&](const Row& row) { return take(row); }, at, slice).has_value();
            const bool any = last_ > at;
            at = std::max(at, last_);
            if (!whole) at = step_over(at);
            TILL_TRY_VOID(written_);
            TILL_TRY_VOID(transaction.commit());
            if (whole && !any) return {};  // That was all.
            TILL_TRY_VOID(into_->checkpoint(Database::Checkpoint::passive));
        }
        return {};
    }

    /// A broken tree may show row by row what a walk through it passes by.
    Result<void> look_for_missing() {
        TILL_TRY(const auto missing, missing_now());
        TILL_TRY(Transaction transaction, Transaction::begin(*into_));
        for (const std::uint64_t seq : missing) {
            static_cast<void>(one_.each([&](const Row& row) { return take(row); }, seq));
            TILL_TRY_VOID(written_);
        }
        return transaction.commit();
    }

    Result<std::vector<std::uint64_t>> missing_now() {
        std::vector<std::uint64_t> missing;
        std::uint64_t next = 1;
        const auto add_up_to = [&](std::uint64_t end) {
            for (; next < end && missing.size() < beyond_max; ++next) missing.push_back(next);
            next = end + 1;
        };
        TILL_TRY(Statement there, into_->prepare("SELECT seq FROM event ORDER BY seq"));
        TILL_TRY_VOID(there.each([&](const Row& row) { add_up_to(row.unsigned_integer(0)); }));
        add_up_to(known_ + 1);
        return missing;
    }

    // Past a place that cannot be read, row by row, to the first that can.
    std::uint64_t step_over(std::uint64_t at) {
        for (std::uint64_t tried = 0; tried < slice; ++tried) {
            const std::uint64_t before = last_;
            ++at;
            static_cast<void>(one_.each([&](const Row& row) { return take(row); }, at));
            if (!written_ || last_ != before) return at;
        }
        return at;
    }

    // A value that does not fit its column any more is damage, too; anything else is the new file's failure.
    bool take(const Row& row) {
        const std::uint64_t seq = row.unsigned_integer(0);
        if (seq > believable()) return true;
        const auto done =
            insert_.run(row.integer(0), row.integer(1), row.integer(2), row.integer(3),
                        row.integer(4), Blob{row.bytes(5)}, Blob{row.bytes(6)}, Blob{row.bytes(7)},
                        Blob{row.bytes(8)}, row.optional_integer(9), row.optional_integer(10),
                        optional_blob(row, 11), optional_blob(row, 12), Blob{row.bytes(13)});
        if (!done && done.error().code != Errc::conflict) written_ = done;
        last_ = std::max(last_, seq);
        return written_.has_value();
    }

    void take(const detail::RawRow& row) {
        const auto integer = [&](std::size_t at) {
            const auto* value = std::get_if<std::int64_t>(&row.columns[at]);
            return value ? std::optional{*value} : std::nullopt;
        };
        const auto bytes = [&](std::size_t at) {
            const auto* value = std::get_if<Bytes>(&row.columns[at]);
            return value ? std::optional{Blob{*value}} : std::nullopt;
        };
        for (const std::size_t at : {1, 2, 3, 4})
            if (!integer(at)) return;
        for (const std::size_t at : {5, 6, 7, 8, 13})
            if (!bytes(at)) return;
        const auto done = insert_.run(row.rowid, *integer(1), *integer(2), *integer(3), *integer(4),
                                      *bytes(5), *bytes(6), *bytes(7), *bytes(8), integer(9),
                                      integer(10), bytes(11), bytes(12), *bytes(13));
        if (!done && done.error().code != Errc::conflict) written_ = done;
    }

    /// A number beyond this is damage itself.
    std::uint64_t believable() const { return std::max(known_, last_ + beyond_max); }

    Database* into_;
    Statement run_, one_, insert_;
    Result<void> written_;
    std::uint64_t known_ = 0;
    std::uint64_t last_ = 0;
};

/// Follows what was copied, and says how far the chain leads and what is missing.
struct Walk {
    JournalId journal;
    Seq acknowledged;
    Seq known;  // How far it went, as far as anything says so.
    Seq chained{0};
    Seq last{0};
    Digest last_hash{};
    std::vector<Seq> unproved;  // Of the loose ones.
    v1::JournalDamaged* report;

    static void extend(google::protobuf::RepeatedPtrField<v1::SeqRange>& ranges, std::uint64_t from,
                       std::uint64_t to) {
        if (ranges.empty() || ranges.rbegin()->last() + 1 != from) ranges.Add()->set_first(from);
        ranges.rbegin()->set_last(to);
    }
    void missing_up_to(std::uint64_t seq) {
        const std::uint64_t from = std::max(last.value(), acknowledged.value()) + 1;
        if (from <= seq) extend(*report->mutable_lost(), from, seq);
    }
    void add(const sync::Envelope& envelope, const Digest& hash) {
        const Seq seq = envelope.seq;
        const bool proved =
            seq == next(last) && sync::chain_hash(last_hash, journal, envelope) == hash;
        if (seq > known && !proved) {  // Its number may be what was damaged: it proves no loss.
            extend(*report->mutable_salvaged(), seq.value(), seq.value());
            return unproved.push_back(seq);
        }
        missing_up_to(seq.value() - 1);
        if (seq == acknowledged || (proved && seq == next(chained))) {
            chained = seq;
        } else if (seq > acknowledged) {
            extend(*report->mutable_salvaged(), seq.value(), seq.value());
            if (!proved) unproved.push_back(seq);
        }
        last = seq;
        last_hash = hash;
    }
};

template <class T>
T read_or(Database& database, const char* sql, T fallback, auto&& read) {
    auto statement = database.prepare(sql);
    if (!statement) return fallback;
    auto found = statement->one(read);
    return found && *found ? std::move(**found) : fallback;
}

/// The rows of which there is one: what can be read of them.
struct Standing {
    JournalIdentity identity;
    detail::JournalRows::HeadRow head;
    Seq acknowledged{0};
    Bytes store_epoch, state;
    Seq last{0};
};

/// More events than the file has room for is a damaged number, not a far head.
Seq plausible(Seq seq, std::uint64_t most) { return seq.value() <= most ? seq : Seq{0}; }

std::uint64_t room_for(const std::filesystem::path& damaged) {
    constexpr std::uint64_t event_bytes_min = 64;
    std::uint64_t bytes = 0;
    for (const auto* suffix : {"", "-wal"}) {
        std::error_code absent;
        const auto size = std::filesystem::file_size(damaged.string() + suffix, absent);
        if (!absent) bytes += size;
    }
    return bytes / event_bytes_min;
}

Standing standing_of(Database& from, const JournalIdentity& expected, std::uint64_t most) {
    const auto number = [](const Row& row) { return row.unsigned_integer(0); };
    const auto bytes = [](const Row& row) { return Bytes{row.bytes(0)}; };
    Standing at{.identity = expected};
    if (auto rows = detail::JournalRows::prepare_singles(from)) {
        const auto identity = rows->identity();
        if (identity && identity->journal == expected.journal) at.identity = *identity;
        if (const auto head = rows->head()) at.head = *head;
    }
    at.acknowledged = Seq{read_or<std::uint64_t>(from, "SELECT seq FROM acknowledged", 0, number)};
    at.store_epoch = read_or<Bytes>(from, "SELECT store_epoch FROM acknowledged", {}, bytes);
    at.state = read_or<Bytes>(from, "SELECT state FROM owner_state", {}, bytes);
    at.last = Seq{read_or<std::uint64_t>(from, "SELECT max(seq) FROM event", 0, number)};
    for (Seq* seq : {&at.head.head.seq, &at.acknowledged, &at.last}) *seq = plausible(*seq, most);
    return at;
}

Result<void> put_singles(Database& into, const Standing& at, Seq chained, const Digest& hash,
                         const v1::JournalDamaged& report) {
    TILL_TRY_VOID(detail::write_identity(into, at.identity));
    const auto run = [&](const char* sql, const auto&... args) -> Result<void> {
        TILL_TRY(Statement statement, into.prepare(sql));
        return statement.run(args...);
    };
    TILL_TRY_VOID(run("UPDATE head SET seq = ?, hash = ?, transactions = ?, receipts = ?",
                      chained.value(), hash, at.head.transactions, at.head.receipts));
    TILL_TRY_VOID(run("UPDATE owner_state SET state = ?", Blob{at.state}));
    TILL_TRY_VOID(run("UPDATE acknowledged SET seq = ?, store_epoch = ?",
                      std::min(at.acknowledged, chained).value(), Blob{at.store_epoch}));
    TILL_TRY_VOID(run("UPDATE derived SET keys_seq = ?1, days_seq = ?1", chained.value()));
    TILL_TRY_VOID(run("INSERT OR IGNORE INTO key_index SELECT key, seq FROM event ORDER BY key"));
    TILL_TRY_VOID(run("INSERT INTO loose SELECT *, 1 FROM event WHERE seq > ?", chained.value()));
    TILL_TRY_VOID(run("DELETE FROM event WHERE seq > ?", chained.value()));
    const Bytes said = report.SerializeAsString();
    return run("INSERT INTO salvage VALUES(1, ?)", Blob{said});
}

/// The centre's signed notes: what it has confirmed stays provable. A row that cannot be read is passed over.
Result<void> copy_notes(Database& from, Database& into) {
    auto read = from.prepare(
        "SELECT store_epoch, first_seq, last_seq, last_hash, time, key_id, signature, public_key,"
        " certified FROM note");
    if (!read) return {};  // A journal from before there were notes.
    TILL_TRY(Statement put,
             into.prepare("INSERT OR IGNORE INTO note VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    Result<void> written;
    const auto take = [&](const Row& row) {
        const auto done = put.run(Blob{row.bytes(0)}, row.integer(1), row.integer(2),
                                  Blob{row.bytes(3)}, row.integer(4), Blob{row.bytes(5)},
                                  Blob{row.bytes(6)}, Blob{row.bytes(7)}, Blob{row.bytes(8)});
        if (!done && done.error().code != Errc::conflict) written = done;
    };
    static_cast<void>(read->each(take));
    return written;
}

Result<Walk> walk(Database& into, const Standing& at, Seq witnessed, v1::JournalDamaged& report) {
    TILL_TRY(auto rows, detail::JournalRows::prepare(into));
    Walk found{.journal = at.identity.journal,
               .acknowledged = at.acknowledged,
               .known = std::max({at.head.head.seq, at.acknowledged, witnessed}),
               .last_hash = sync::genesis(at.identity.journal),
               .report = &report};
    if (found.known == Seq{0}) found.known = Seq{std::numeric_limits<std::int64_t>::max()};
    // One whose id or hash has another length than it must is not an event any more.
    TILL_TRY_VOID(
        into.execute("DELETE FROM event WHERE seq < 1 OR length(boot) <> 16"
                     " OR length(hash) <> 32 OR length(key) <> 16"
                     " OR length(erased_sealed) <> 32"));
    const auto add = [&](const sync::Envelope& envelope, const Digest& hash) {
        found.add(envelope, hash);
        return true;
    };
    TILL_TRY_VOID(rows.each(Seq{0}, Seq{std::numeric_limits<std::int64_t>::max()},
                            std::numeric_limits<std::int64_t>::max(), add));
    return found;
}

}  // namespace

Result<v1::JournalDamaged> salvage_journal(const SalvageOrder& order) {
    TILL_TRY(Database into, Database::open({.file = order.into, .mode = Database::Mode::create}));
    TILL_TRY_VOID(migrate(into, sql::agent_journal));
    Standing at{.identity = order.identity};
    auto from = detail::open_with_first_page(order.damaged, order.into);
    if (from) at = standing_of(from->database, order.identity, room_for(order.damaged));
    const Seq known = std::max({at.head.head.seq, at.last, at.acknowledged, order.witnessed});
    TILL_TRY(Copier copier, Copier::make(into, known));
    if (from) TILL_TRY_VOID(copier.copy(from->database));
    TILL_TRY_VOID(copier.look_at_leaves(order.damaged));
    v1::JournalDamaged report;
    TILL_TRY(Transaction transaction, Transaction::begin(into));
    TILL_TRY(Walk walked, walk(into, at, order.witnessed, report));
    // The last event has the head's hash: whatever number the head row says by now, this was it.
    if (walked.last_hash == at.head.head.hash) at.head.head.seq = walked.last;
    const Seq head = std::max({at.head.head.seq, walked.last, at.acknowledged, order.witnessed});
    walked.missing_up_to(head.value());
    report.set_journal_id(Bytes{at.identity.journal.value().bytes()});
    report.set_generation(at.identity.generation.value());
    report.set_file_name(order.kept_as);
    report.set_cause(order.cause);
    report.set_head(head.value());
    report.set_acknowledged(at.acknowledged.value());
    report.set_chained(walked.chained.value());
    report.set_head_known(at.head.head.seq > Seq{0} || order.witnessed > Seq{0});
    Digest hash = sync::genesis(at.identity.journal);
    if (walked.chained > Seq{0}) {
        TILL_TRY(auto rows, detail::JournalRows::prepare(into));
        TILL_TRY(const auto stored, rows.hash_at(walked.chained));
        hash = stored.value_or(hash);
    }
    TILL_TRY_VOID(put_singles(into, at, walked.chained, hash, report));
    if (from) TILL_TRY_VOID(copy_notes(from->database, into));
    TILL_TRY(Statement doubt, into.prepare("UPDATE loose SET proved = 0 WHERE seq = ?"));
    for (const Seq seq : walked.unproved) TILL_TRY_VOID(doubt.run(seq.value()));
    TILL_TRY_VOID(transaction.commit());
    TILL_TRY_VOID(into.checkpoint(Database::Checkpoint::truncate));
    return report;
}

}  // namespace till
