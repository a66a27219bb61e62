#include "sync/ledger/postgres_tables.hpp"

#include "sync/ledger/run.hpp"
#include "sync/wire/chain.hpp"

#include <algorithm>
#include <array>

namespace till::sync::detail {

namespace {

constexpr std::size_t records_ceiling = 1'000'000;  // A bound that fits the server's integers.

// As SQL; what is stored of a journal, and with that what is asked of it.
constexpr std::string_view hello_columns =
    "journal, device, predecessor, generation, store, workstation, mark_seq, mark_hash, "
    "last_seen_ms ";
constexpr std::string_view kept_from =
    ", (SELECT seq FROM checkpoints c WHERE c.journal = known.journal) ";

std::string select_journals(std::string_view rest) {
    return std::string{"SELECT "}.append(hello_columns).append(kept_from) + "FROM journals known "
           + std::string{rest};
}

JournalRow journal_row(const PostgresRow& row) {
    JournalRow found;
    found.journal = JournalId{row.uuid(0)};
    found.device = DeviceId{row.uuid(1)};
    if (!row.is_null(2)) found.predecessor = JournalId{row.uuid(2)};
    found.generation = static_cast<std::uint32_t>(row.integer(3));
    found.store = row.bytes(4);
    found.workstation = row.bytes(5);
    found.mark = {Seq{row.unsigned_integer(6)}, row.digest(7)};
    found.last_seen_ms = row.integer(8);
    if (!row.is_null(9)) found.kept_from = Seq{row.unsigned_integer(9)};
    return found;
}

StoredEnvelope stored_envelope(const PostgresRow& row) {
    StoredEnvelope stored;
    Envelope& envelope = stored.envelope;
    envelope.seq = Seq{row.unsigned_integer(0)};
    envelope.version = static_cast<std::uint32_t>(row.integer(1));
    envelope.kind = Kind{static_cast<std::uint32_t>(row.integer(2))};
    envelope.times = {WallTime{row.integer(3)}, BootTime{row.unsigned_integer(4)},
                      BootId{row.uuid(5)}};
    stored.hash = row.digest(6);
    stored.received_ms = row.integer(7);
    stored.clock_offset_ms = row.integer(8);
    stored.clock_error_ms = row.integer(9);
    envelope.body = row.bytes(10);
    envelope.sealed = row.bytes(11);
    if (!row.is_null(12)) envelope.erased_sealed = row.digest(12);
    return stored;
}

void add_head(PostgresCopy& rows, const Envelope& e, const Digest& hash) {
    rows.add(e.seq);
    rows.add(std::int64_t{e.version});
    rows.add(std::int64_t{e.kind.value()});
    rows.add(e.times.wall.value());
    rows.add(static_cast<std::int64_t>(e.times.since_boot.value()));
    rows.add(e.times.boot.value());
    rows.add(hash);
}

void add_parts(PostgresCopy& rows, const Envelope& e) {
    rows.add(BytesView{e.body});
    e.sealed.empty() ? rows.add_null() : rows.add(BytesView{e.sealed});
    e.erased_sealed ? rows.add(*e.erased_sealed) : rows.add_null();
}

void add_envelope(PostgresCopy& rows, const Append& append, std::size_t i, const Digest& hash) {
    const Envelope& e = append.envelopes[i];
    const ClockOffset clock = append.clock(i);
    rows.row(14);
    rows.add(append.journal.value());
    add_head(rows, e, hash);
    rows.add(append.received_ms);
    rows.add(clock.offset_ms);
    rows.add(clock.error_ms);
    add_parts(rows, e);
}

PostgresValue uuids(std::span<const Append> appends) {
    std::vector<PostgresValue> ids;
    for (const Append& append : appends) ids.push_back(pg(append.journal.value()));
    return pg_array(ids, pg(Uuid{}));
}

/// Each journal's new mark, by compare-and-set. The rows are locked, so all must still agree.
Result<void> move_marks(Postgres& db, const Marks& before, const Marks& after,
                        std::int64_t seen_ms) {
    std::vector<PostgresValue> journals, old_seqs, old_hashes, seqs, hashes;
    for (const auto& [journal, mark] : after) {
        const Mark& old = before.at(journal);
        if (mark.seq == old.seq) continue;
        journals.push_back(pg(journal.value()));
        old_seqs.push_back(pg(old.seq));
        old_hashes.push_back(pg(old.hash));
        seqs.push_back(pg(mark.seq));
        hashes.push_back(pg(mark.hash));
    }
    const PostgresValue number = pg(Seq{0}), bytes = pg(BytesView{});
    TILL_TRY(const auto moved,
             db.ask("UPDATE journals j SET mark_seq = n.seq, mark_hash = n.hash, "
                    "last_seen_ms = greatest(last_seen_ms, $6) "
                    "FROM unnest($1, $2, $3, $4, $5) AS n(journal, old_seq, old_hash, seq, hash) "
                    "WHERE j.journal = n.journal AND j.mark_seq = n.old_seq "
                    "AND j.mark_hash = n.old_hash",
                    pg_array(journals, pg(Uuid{})), pg_array(old_seqs, number),
                    pg_array(old_hashes, bytes), pg_array(seqs, number), pg_array(hashes, bytes),
                    seen_ms));
    if (moved.touched() != journals.size()) return Error{Errc::busy, "a mark moved under its lock"};
    return {};
}

/// A branch is the same as far as both go: equal hashes at the last common envelope mean equal
/// chains up to there. Two copies of one disk may begin alike and sell differently afterwards.
struct KnownBranch {
    std::int64_t number = 0;
    std::uint64_t last = 0;
};
Result<std::optional<KnownBranch>> same_branch(Postgres& db, const JournalId& journal,
                                               const Mark& fork_point,
                                               std::span<const Digest> hashes) {
    const Seq end{fork_point.seq.value() + hashes.size()};
    TILL_TRY(const auto rows,
             db.ask("SELECT b.number, b.last, e.seq, e.hash FROM branches b "
                    "JOIN branch_envelopes e ON e.journal = b.journal AND e.branch = b.number "
                    "AND e.seq = least(b.last, $4) "
                    "WHERE b.journal = $1 AND b.fork_seq = $2 AND b.fork_hash = $3 "
                    "ORDER BY b.number",
                    journal.value(), fork_point.seq, fork_point.hash, end));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto at = rows[i].unsigned_integer(2) - fork_point.seq.value() - 1;
        if (at < hashes.size() && rows[i].digest(3) == hashes[at])
            return KnownBranch{rows[i].integer(0), rows[i].unsigned_integer(1)};
    }
    return std::optional<KnownBranch>{};
}

}  // namespace

Result<Bytes> load_epoch(Postgres& db, bool make, Random& random) {
    TILL_TRY(const auto found, db.ask("SELECT epoch FROM store"));
    if (found.size() == 1) return Bytes{found[0].bytes(0)};
    if (!make) return Error{Errc::corrupt, "the ledger has no epoch"};
    std::array<std::uint8_t, 16> fresh{};
    random.fill(fresh);
    TILL_TRY_VOID(db.ask("INSERT INTO store VALUES(1, $1) ON CONFLICT DO NOTHING", view(fresh)));
    return load_epoch(db, false, random);  // Another gateway's, when it was quicker.
}

Result<Bytes> renew_epoch(Postgres& db, Random& random) {
    std::array<std::uint8_t, 16> fresh{};
    random.fill(fresh);
    TILL_TRY_VOID(db.ask("UPDATE store SET epoch = $1", view(fresh)));
    return Bytes{view(fresh)};
}

Result<std::optional<JournalRow>> find_journal(Postgres& db, const JournalId& journal) {
    TILL_TRY(const auto found, db.ask(select_journals("WHERE journal = $1"), journal.value()));
    if (found.size() == 0) return std::optional<JournalRow>{};
    return std::optional{journal_row(found[0])};
}

Result<JournalRow> known_journal(Postgres& db, const JournalId& journal) {
    TILL_TRY(auto found, find_journal(db, journal));
    if (!found) return Error{Errc::not_found, "no journal " + journal.value().text()};
    return *std::move(found);
}

Result<std::vector<JournalRow>> list_journals(Postgres& db) {
    TILL_TRY(const auto found, db.ask(select_journals("ORDER BY number")));
    std::vector<JournalRow> rows;
    for (std::size_t i = 0; i < found.size(); ++i) rows.push_back(journal_row(found[i]));
    return rows;
}

Result<JournalRow> bind_journal(Postgres& db, const JournalRow& hello) {
    std::optional<Uuid> before;
    if (hello.predecessor) before = hello.predecessor->value();
    const std::string columns{hello_columns};
    TILL_TRY(const auto bound,
             db.ask("INSERT INTO journals AS known (" + columns
                        + ") VALUES($1, $2, $3, $4, $5, $6, 0, $7, $8) ON CONFLICT (journal) "
                          "DO UPDATE SET last_seen_ms = "
                          "greatest(known.last_seen_ms, excluded.last_seen_ms) "
                          "WHERE known.device = excluded.device RETURNING "
                        + columns + std::string{kept_from},
                    hello.journal.value(), hello.device.value(), before,
                    std::int64_t{hello.generation}, BytesView{hello.store},
                    BytesView{hello.workstation}, genesis(hello.journal), hello.last_seen_ms));
    if (bound.size() == 1) return journal_row(bound[0]);
    TILL_TRY(const JournalRow owner, known_journal(db, hello.journal));
    return Error{Errc::conflict, "journal " + hello.journal.value().text() + " belongs to device "
                                     + owner.device.value().text()};
}

Result<Marks> lock_marks(Postgres& db, std::span<const Append> appends) {
    // All lock in the order of the ids, so that no two wait for each other.
    TILL_TRY(const auto rows, db.ask("SELECT journal, mark_seq, mark_hash FROM journals "
                                     "WHERE journal = ANY($1) ORDER BY journal FOR UPDATE",
                                     uuids(appends)));
    Marks marks;
    for (std::size_t i = 0; i < rows.size(); ++i)
        marks[JournalId{rows[i].uuid(0)}] = {Seq{rows[i].unsigned_integer(1)}, rows[i].digest(2)};
    return marks;
}

Result<std::vector<Appended>> store_appends(Postgres& db, std::span<const Append> appends,
                                            Marks marks) {
    const Marks before = marks;
    std::vector<Appended> done;
    PostgresCopy rows;
    std::int64_t seen_ms = 0;
    for (const Append& append : appends) {
        const auto found = marks.find(append.journal);
        if (found == marks.end()) {
            done.push_back({false, {Seq{0}, genesis(append.journal)}});
            continue;
        }
        Mark& mark = found->second;
        const bool expected = mark.seq == append.expected.seq && mark.hash == append.expected.hash;
        const std::vector<Digest> computed =
            expected && append.hashes.empty()
                ? chain_of(append.journal, append.expected.hash, append.envelopes)
                : std::vector<Digest>{};
        const auto& hashes = append.hashes.empty() ? computed : append.hashes;
        const bool won = expected && leads(append, hashes);
        for (std::size_t i = 0; won && i < hashes.size(); ++i)
            add_envelope(rows, append, i, hashes[i]);
        if (won) mark = append.result;
        if (won) seen_ms = std::max(seen_ms, append.received_ms);
        done.push_back({won, mark});
    }
    if (rows.rows() == 0) return done;
    TILL_TRY_VOID(
        db.copy("COPY envelopes(journal, seq, version, kind, wall_ms, since_boot_ms, "
                "boot, hash, received_ms, clock_offset_ms, clock_error_ms, body, sealed, "
                "erased_sealed) FROM STDIN (FORMAT binary)",
                rows));
    TILL_TRY_VOID(move_marks(db, before, marks, seen_ms));
    return done;
}

Result<std::vector<Appended>> look_up(Postgres& db, std::span<const Append> appends,
                                      const Marks& marks) {
    std::vector<Appended> found;
    for (const Append& append : appends) {
        TILL_TRY(const auto row,
                 db.ask("SELECT hash FROM envelopes WHERE journal = $1 AND seq = $2",
                        append.journal.value(), append.result.seq));
        const bool won = row.size() == 1 && row[0].digest(0) == append.result.hash;
        const auto mark = marks.find(append.journal);
        found.push_back({won, mark == marks.end() ? append.expected : mark->second});
    }
    return found;
}

Result<std::uint32_t> store_branch(Postgres& db, const JournalId& journal, const Mark& fork_point,
                                   std::span<const Envelope> envelopes, std::int64_t received_ms) {
    const std::vector<Digest> hashes = chain_of(journal, fork_point.hash, envelopes);
    TILL_TRY(const auto owner,
             db.ask("SELECT 1 FROM journals WHERE journal = $1 FOR UPDATE", journal.value()));
    if (owner.size() == 0) return Error{Errc::not_found, "no journal " + journal.value().text()};
    TILL_TRY(auto branch, same_branch(db, journal, fork_point, hashes));
    const Seq last = envelopes.back().seq;
    if (!branch) {
        TILL_TRY(const auto made,
                 db.ask("INSERT INTO branches SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, "
                        "$5 FROM branches WHERE journal = $1 RETURNING number",
                        journal.value(), fork_point.seq, fork_point.hash, last, received_ms));
        branch = KnownBranch{made[0].integer(0), 0};
    }
    PostgresCopy rows;
    for (std::size_t i = 0; i < hashes.size(); ++i) {
        if (envelopes[i].seq.value() <= branch->last) continue;  // Stored, and the same.
        rows.row(12);
        rows.add(journal.value());
        rows.add(branch->number);
        add_head(rows, envelopes[i], hashes[i]);
        add_parts(rows, envelopes[i]);
    }
    if (rows.rows() > 0) {
        TILL_TRY_VOID(db.copy("COPY branch_envelopes FROM STDIN (FORMAT binary)", rows));
        TILL_TRY_VOID(
            db.ask("UPDATE branches SET last = greatest(last, $3) "
                   "WHERE journal = $1 AND number = $2",
                   journal.value(), branch->number, last));
    }
    return static_cast<std::uint32_t>(branch->number);
}

Result<std::vector<Store::Branch>> list_branches(Postgres& db, const JournalId& journal) {
    TILL_TRY_VOID(known_journal(db, journal));
    TILL_TRY(const auto rows, db.ask("SELECT number, fork_seq, last, received_ms FROM branches "
                                     "WHERE journal = $1 ORDER BY number",
                                     journal.value()));
    std::vector<Store::Branch> found;
    for (std::size_t i = 0; i < rows.size(); ++i)
        found.push_back({.number = static_cast<std::uint32_t>(rows[i].integer(0)),
                         .first = next(Seq{rows[i].unsigned_integer(1)}),
                         .last = Seq{rows[i].unsigned_integer(2)},
                         .received_ms = rows[i].integer(3)});
    return found;
}

Result<std::vector<StoredEnvelope>> read_envelopes(Postgres& db, const JournalId& journal, Seq from,
                                                   std::size_t bytes_max, std::size_t records_max) {
    TILL_TRY(const JournalRow owner, known_journal(db, journal));
    std::vector<StoredEnvelope> found;
    from = std::max(from, owner.kept_from);
    if (from >= owner.mark.seq) return found;
    // The server adds up the bytes, so that no more than asked for comes over the wire.
    TILL_TRY(const auto rows,
             db.ask("SELECT seq, version, kind, wall_ms, since_boot_ms, boot, hash, received_ms, "
                    "clock_offset_ms, clock_error_ms, body, sealed, erased_sealed FROM ("
                    "SELECT *, sum(length(body) + coalesce(length(sealed), 0)) "
                    "OVER (ORDER BY seq) AS bytes FROM (SELECT * FROM envelopes "
                    "WHERE journal = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4) AS run"
                    ") AS page WHERE bytes <= $5 OR seq = $2 + 1 ORDER BY seq",
                    journal.value(), from, owner.mark.seq,
                    static_cast<std::int64_t>(std::min(records_max, records_ceiling)),
                    static_cast<std::int64_t>(std::min<std::size_t>(bytes_max, INT64_MAX))));
    for (std::size_t i = 0; i < rows.size(); ++i) found.push_back(stored_envelope(rows[i]));
    return found;
}

Result<Digest> hash_at(Postgres& db, const JournalId& journal, Seq seq) {
    TILL_TRY(const JournalRow owner, known_journal(db, journal));
    if (seq == Seq{0}) return genesis(journal);
    if (seq > owner.mark.seq) return no_such_event(owner);
    TILL_TRY(const auto row, db.ask("SELECT hash FROM envelopes WHERE journal = $1 AND seq = $2",
                                    journal.value(), seq));
    if (row.size() == 1) return row[0].digest(0);
    TILL_TRY(const auto kept, find_checkpoint(db, journal));
    if (kept && kept->note.last == seq) return kept->note.hash;
    return no_such_event(owner);
}

Result<std::optional<KeptNote>> find_checkpoint(Postgres& db, const JournalId& journal) {
    TILL_TRY_VOID(known_journal(db, journal));
    TILL_TRY(const auto row,
             db.ask("SELECT note, key FROM checkpoints WHERE journal = $1", journal.value()));
    if (row.size() == 0) return std::optional<KeptNote>{};
    TILL_TRY(auto kept, kept_note(row[0].bytes(0), row[0].bytes(1)));
    return std::optional{std::move(kept)};
}

Result<Mark> let_go(Postgres& db, const KeptNote& kept) {
    const Note& note = kept.note;
    TILL_TRY_VOID(
        db.ask("SELECT 1 FROM journals WHERE journal = $1 FOR UPDATE", note.journal.value()));
    TILL_TRY(const JournalRow owner, known_journal(db, note.journal));
    TILL_TRY(const auto last, find_checkpoint(db, note.journal));
    const Mark before = beginning(note.journal, last), after{note.last, note.hash};
    if (before.seq == after.seq && before.hash == after.hash) return after;
    TILL_TRY_VOID(may_let_go(owner, before, note));
    TILL_TRY(const auto run, read_envelopes(db, note.journal, before.seq, SIZE_MAX,
                                            after.seq.value() - before.seq.value()));
    TILL_TRY_VOID(leads_to(before, run, note));
    const StoredNote columns = stored(kept);
    TILL_TRY_VOID(db.ask("DELETE FROM envelopes WHERE journal = $1 AND seq <= $2",
                         note.journal.value(), after.seq));
    TILL_TRY_VOID(
        db.ask("INSERT INTO checkpoints VALUES($1, $2, $3, $4) ON CONFLICT (journal) "
               "DO UPDATE SET seq = excluded.seq, note = excluded.note, "
               "key = excluded.key",
               note.journal.value(), after.seq, BytesView{columns.note}, BytesView{columns.key}));
    return after;
}

Result<std::size_t> erase_sealed(Postgres& db, const JournalId& journal,
                                 std::span<const Seq> events) {
    for (const Seq event : events)
        TILL_TRY_VOID(
            db.ask("UPDATE envelopes SET erased_sealed = sha256(sealed), sealed = NULL "
                   "WHERE journal = $1 AND seq = $2 AND sealed IS NOT NULL",
                   journal.value(), event));
    return events.size();
}

}  // namespace till::sync::detail
