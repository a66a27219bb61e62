#include "agent/journal/salvage.hpp"

#include "agent/core/hex.hpp"
#include "agent/journal/event_copier.hpp"
#include "agent/journal/event_writer.hpp"
#include "agent/journal/first_page.hpp"
#include "agent/journal/migrations.sql.hpp"
#include "agent/journal/rows.hpp"
#include "sync/wire/chain.hpp"

#include <algorithm>
#include <limits>

namespace till {

namespace {

namespace v1 = tillstream::v1;

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
    Head kept_from;
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

/// How far the beginning had been let go of: that is no loss.
Head checkpoint_of(Database& from, const JournalId& journal) {
    const Head none{Seq{0}, sync::genesis(journal)};
    const auto read = [&](const Row& row) {
        const auto hash = to_digest(row.bytes(1));
        return hash ? Head{Seq{row.unsigned_integer(0)}, *hash} : none;
    };
    return read_or<Head>(from, "SELECT seq, hash FROM checkpoint", none, read);
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
    at.kept_from = checkpoint_of(from, expected.journal);
    if (plausible(at.kept_from.seq, most) == Seq{0})
        at.kept_from = {Seq{0}, sync::genesis(expected.journal)};
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
    TILL_TRY_VOID(
        run("INSERT OR IGNORE INTO key_index SELECT key, seq FROM event UNION ALL"
            " SELECT key, seq FROM pruned ORDER BY key"));
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

/// What had been let go of: where the chain goes on from, and whom to answer what.
Result<void> copy_pruned(Database& from, Database& into, const Head& kept_from) {
    if (kept_from.seq == Seq{0}) return {};
    TILL_TRY(Statement move, into.prepare("INSERT INTO checkpoint VALUES(1, ?, ?)"));
    TILL_TRY_VOID(move.run(kept_from.seq.value(), kept_from.hash));
    auto read = from.prepare(
        "SELECT seq, key, request, transaction_number, receipt_counter, kind, answer FROM pruned");
    if (!read) return {};
    TILL_TRY(Statement put,
             into.prepare("INSERT OR IGNORE INTO pruned VALUES(?, ?, ?, ?, ?, ?, ?)"));
    Result<void> written;
    const auto take = [&](const Row& row) {
        const auto done =
            put.run(row.integer(0), Blob{row.bytes(1)}, Blob{row.bytes(2)}, row.optional_integer(3),
                    row.optional_integer(4), row.integer(5), Blob{row.bytes(6)});
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
               .chained = at.kept_from.seq,
               .last = at.kept_from.seq,
               .last_hash = at.kept_from.hash,
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
    Standing at{.identity = order.identity,
                .kept_from = {Seq{0}, sync::genesis(order.identity.journal)}};
    auto from = detail::open_with_first_page(order.damaged, order.into);
    if (from) at = standing_of(from->database, order.identity, room_for(order.damaged));
    const Seq known = std::max({at.head.head.seq, at.last, at.acknowledged, order.witnessed});
    TILL_TRY(auto copier, detail::EventCopier::make(into, known, at.kept_from.seq));
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
    Digest hash = at.kept_from.hash;
    if (walked.chained > at.kept_from.seq) {
        TILL_TRY(auto rows, detail::JournalRows::prepare(into));
        TILL_TRY(const auto stored, rows.hash_at(walked.chained));
        hash = stored.value_or(hash);
    }
    if (from) TILL_TRY_VOID(copy_pruned(from->database, into, at.kept_from));
    if (from) TILL_TRY_VOID(copy_notes(from->database, into));
    TILL_TRY_VOID(put_singles(into, at, walked.chained, hash, report));
    TILL_TRY(Statement doubt, into.prepare("UPDATE loose SET proved = 0 WHERE seq = ?"));
    for (const Seq seq : walked.unproved) TILL_TRY_VOID(doubt.run(seq.value()));
    TILL_TRY_VOID(transaction.commit());
    TILL_TRY_VOID(into.checkpoint(Database::Checkpoint::truncate));
    return report;
}

}  // namespace till
