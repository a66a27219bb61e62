#include "sync/ledger/sqlite_connection.hpp"

#include "agent/core/hex.hpp"
#include "agent/crypto/hash.hpp"
#include "sync/ledger/migrations.sql.hpp"
#include "sync/ledger/run.hpp"
#include "sync/wire/chain.hpp"

#include <array>

namespace till::sync::detail {

namespace {

constexpr std::string_view journal_columns =
    "SELECT number, journal, device, predecessor, generation, store, workstation, mark_seq, "
    "mark_hash, last_seen_ms, (SELECT seq FROM checkpoints c WHERE c.journal = number) "
    "FROM journals ";

std::int64_t row_id(std::int64_t number, Seq seq) {
    return (number << seq_bits) | static_cast<std::int64_t>(seq.value());
}

Uuid uuid(BytesView bytes) { return Uuid::from_bytes(bytes).value_or(Uuid{}); }
Digest digest(BytesView bytes) { return to_digest(bytes).value_or(Digest{}); }
Blob blob(const Uuid& id) { return Blob{id.bytes()}; }

std::optional<Blob> sealed_part(const Envelope& envelope) {
    if (envelope.sealed.empty()) return std::nullopt;
    return Blob{envelope.sealed};
}

SqliteConnection::Numbered journal_row(const Row& row) {
    SqliteConnection::Numbered found;
    found.number = row.integer(0);
    found.row.journal = JournalId{uuid(row.bytes(1))};
    found.row.device = DeviceId{uuid(row.bytes(2))};
    if (const auto before = row.optional_bytes(3)) found.row.predecessor = JournalId{uuid(*before)};
    found.row.generation = static_cast<std::uint32_t>(row.integer(4));
    found.row.store = row.bytes(5);
    found.row.workstation = row.bytes(6);
    found.row.mark = {Seq{row.unsigned_integer(7)}, digest(row.bytes(8))};
    found.row.last_seen_ms = row.integer(9);
    found.row.kept_from = Seq{row.unsigned_integer(10)};  // NULL is 0.
    return found;
}

StoredEnvelope stored_envelope(const Row& row) {
    StoredEnvelope stored;
    Envelope& envelope = stored.envelope;
    envelope.seq = Seq{row.unsigned_integer(0) & ((std::uint64_t{1} << seq_bits) - 1)};
    envelope.version = static_cast<std::uint32_t>(row.integer(1));
    envelope.kind = Kind{static_cast<std::uint32_t>(row.integer(2))};
    envelope.times = {WallTime{row.integer(3)}, BootTime{row.unsigned_integer(4)},
                      BootId{uuid(row.bytes(5))}};
    envelope.body = row.bytes(6);
    envelope.sealed = row.bytes(7);
    if (const auto erased = row.optional_bytes(8)) envelope.erased_sealed = digest(*erased);
    stored.hash = digest(row.bytes(9));
    stored.received_ms = row.integer(10);
    stored.clock_offset_ms = row.integer(11);
    stored.clock_error_ms = row.integer(12);
    return stored;
}

}  // namespace

Result<SqliteConnection> SqliteConnection::open(const SqliteStore::Options& options,
                                                Random& random) {
    const bool writing = options.access == SqliteStore::Access::writing;
    const Database::Options how{
        .file = options.file,
        .mode = writing ? Database::Mode::create : Database::Mode::read_only,
        .vfs = options.vfs,
        .cache_kib = 16 * 1024};
    TILL_TRY(Database database, Database::open(how));
    if (writing) {
        TILL_TRY_VOID(migrate(database, sql::sync_ledger));
        TILL_TRY_VOID(database.execute("PRAGMA secure_delete = ON"));  // See erase_sealed().
    } else {
        TILL_TRY_VOID(check_schema(database, std::size(sql::sync_ledger)));
    }
    SqliteConnection connection{std::move(database)};
    TILL_TRY_VOID(connection.prepare_reads());
    if (writing) TILL_TRY_VOID(connection.prepare_writes());
    TILL_TRY(connection.epoch, connection.load_epoch(writing, random));
    return connection;
}

Result<void> SqliteConnection::prepare_reads() {
    TILL_TRY(find_, db.prepare(std::string{journal_columns} + "WHERE journal = ?"));
    TILL_TRY(journals_, db.prepare(std::string{journal_columns} + "ORDER BY number"));
    TILL_TRY(read_,
             db.prepare("SELECT id, version, kind, wall_ms, since_boot_ms, boot, body, sealed, "
                        "erased_sealed, hash, received_ms, clock_offset_ms, clock_error_ms "
                        "FROM envelopes WHERE id > ? AND id <= ? ORDER BY id LIMIT ?"));
    TILL_TRY(hash_at_, db.prepare("SELECT hash FROM envelopes WHERE id = ?"));
    TILL_TRY(branches_, db.prepare("SELECT number, fork_seq, last, received_ms FROM branches "
                                   "WHERE journal = ? ORDER BY number"));
    TILL_TRY(checkpoint_, db.prepare("SELECT note, key FROM checkpoints WHERE journal = ?"));
    return {};
}

Result<void> SqliteConnection::prepare_writes() {
    TILL_TRY(bind_,
             db.prepare("INSERT INTO journals(journal, device, predecessor, generation, store, "
                        "workstation, mark_seq, mark_hash, last_seen_ms) "
                        "VALUES(?, ?, ?, ?, ?, ?, 0, ?, ?)"));
    TILL_TRY(
        seen_,
        db.prepare("UPDATE journals SET last_seen_ms = max(last_seen_ms, ?) WHERE number = ?"));
    TILL_TRY(mark_, db.prepare("UPDATE journals SET mark_seq = ?, mark_hash = ?, "
                               "last_seen_ms = max(last_seen_ms, ?) WHERE number = ?"));
    TILL_TRY(insert_,
             db.prepare("INSERT INTO envelopes VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    TILL_TRY(same_branch_,
             db.prepare("SELECT b.id, e.seq, e.hash FROM branches b JOIN branch_envelopes e "
                        "ON e.branch = b.id AND e.seq = min(b.last, ?4) WHERE b.journal = ?1 "
                        "AND b.fork_seq = ?2 AND b.fork_hash = ?3 ORDER BY b.number"));
    TILL_TRY(next_branch_,
             db.prepare("SELECT coalesce(max(number), 0) + 1 FROM branches WHERE journal = ?"));
    TILL_TRY(add_branch_,
             db.prepare("INSERT INTO branches(journal, number, fork_seq, fork_hash, last, "
                        "received_ms) VALUES(?, ?, ?, ?, ?, ?)"));
    TILL_TRY(extend_branch_, db.prepare("UPDATE branches SET last = max(last, ?) WHERE id = ? "
                                        "RETURNING number"));
    TILL_TRY(add_branch_envelope_, db.prepare("INSERT OR IGNORE INTO branch_envelopes "
                                              "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    TILL_TRY(forget_, db.prepare("DELETE FROM envelopes WHERE id > ? AND id <= ?"));
    TILL_TRY(set_checkpoint_, db.prepare("INSERT OR REPLACE INTO checkpoints VALUES(?, ?, ?, ?)"));
    return {};
}

Result<Bytes> SqliteConnection::load_epoch(bool make, Random& random) {
    TILL_TRY(Statement select, db.prepare("SELECT epoch FROM store"));
    TILL_TRY(auto found, select.one([](const Row& row) { return Bytes{row.bytes(0)}; }));
    if (found) return *std::move(found);
    if (!make) return Error{Errc::corrupt, "the ledger has no epoch"};
    return renew_epoch(random);
}

Result<Bytes> SqliteConnection::renew_epoch(Random& random) {
    std::array<std::uint8_t, 16> fresh{};
    random.fill(fresh);
    TILL_TRY(Statement replace, db.prepare("INSERT OR REPLACE INTO store VALUES(1, ?)"));
    TILL_TRY_VOID(replace.run(Blob{view(fresh)}));
    return epoch = Bytes{view(fresh)};
}

Result<std::optional<SqliteConnection::Numbered>> SqliteConnection::find(const JournalId& journal) {
    return find_.one(journal_row, blob(journal.value()));
}

Result<SqliteConnection::Numbered> SqliteConnection::known(const JournalId& journal) {
    TILL_TRY(auto found, find(journal));
    if (!found) return Error{Errc::not_found, "no journal " + journal.value().text()};
    return *std::move(found);
}

Result<std::vector<JournalRow>> SqliteConnection::journals() {
    std::vector<JournalRow> rows;
    TILL_TRY_VOID(journals_.each([&](const Row& row) { rows.push_back(journal_row(row).row); }));
    return rows;
}

Result<JournalRow> SqliteConnection::bind(const JournalRow& hello) {
    TILL_TRY(Transaction transaction, Transaction::begin(db));
    TILL_TRY(const auto found, find(hello.journal));
    if (found && found->row.device != hello.device)
        return Error{Errc::conflict, "journal " + hello.journal.value().text()
                                         + " belongs to device "
                                         + found->row.device.value().text()};
    if (found) {
        TILL_TRY_VOID(seen_.run(hello.last_seen_ms, found->number));
    } else {
        std::optional<Blob> before;
        if (hello.predecessor) before = blob(hello.predecessor->value());
        TILL_TRY_VOID(bind_.run(blob(hello.journal.value()), blob(hello.device.value()), before,
                                hello.generation, hello.store, hello.workstation,
                                genesis(hello.journal), hello.last_seen_ms));
    }
    TILL_TRY(const Numbered bound, known(hello.journal));
    TILL_TRY_VOID(transaction.commit());
    return bound.row;
}

Result<std::vector<Appended>> SqliteConnection::commit(std::span<const Append> appends) {
    std::vector<Appended> done;
    done.reserve(appends.size());
    TILL_TRY(Transaction transaction, Transaction::begin(db));
    for (const Append& append : appends) {
        TILL_TRY(const Appended one, store(append));
        done.push_back(one);
    }
    TILL_TRY_VOID(transaction.commit());
    return done;
}

Result<Appended> SqliteConnection::store(const Append& append) {
    TILL_TRY(const auto found, find(append.journal));
    if (!found) return Appended{false, {Seq{0}, genesis(append.journal)}};
    const Appended lost{false, found->row.mark};
    if (lost.mark.seq != append.expected.seq || lost.mark.hash != append.expected.hash) return lost;

    const std::vector<Digest> computed =
        append.hashes.empty() ? chain_of(append.journal, append.expected.hash, append.envelopes)
                              : std::vector<Digest>{};
    const auto& hashes = append.hashes.empty() ? computed : append.hashes;
    if (!leads(append, hashes)) return lost;

    for (std::size_t i = 0; i < hashes.size(); ++i) {
        const Envelope& e = append.envelopes[i];
        const ClockOffset clock = append.clock(i);
        TILL_TRY_VOID(insert_.run(
            row_id(found->number, e.seq), e.version, e.kind.value(), e.times.wall.value(),
            e.times.since_boot.value(), blob(e.times.boot.value()), Blob{e.body}, sealed_part(e),
            e.erased_sealed, hashes[i], append.received_ms, clock.offset_ms, clock.error_ms));
    }
    TILL_TRY_VOID(mark_.run(append.result.seq.value(), append.result.hash, append.received_ms,
                            found->number));
    return Appended{true, append.result};
}

Result<std::uint32_t> SqliteConnection::keep_branch(const JournalId& journal,
                                                    const Mark& fork_point,
                                                    std::span<const Envelope> envelopes,
                                                    std::int64_t received_ms) {
    if (!is_run(envelopes, fork_point.seq))
        return Error{Errc::malformed, "a branch is a run of envelopes that follows its fork point"};
    const std::vector<Digest> hashes = chain_of(journal, fork_point.hash, envelopes);
    TILL_TRY(Transaction transaction, Transaction::begin(db));
    TILL_TRY(const Numbered owner, known(journal));
    TILL_TRY(auto branch, same_branch(owner.number, fork_point, hashes));
    const std::uint64_t last = envelopes.back().seq.value();
    if (!branch) {
        TILL_TRY(const auto number,
                 next_branch_.one([](const Row& row) { return row.integer(0); }, owner.number));
        TILL_TRY_VOID(add_branch_.run(owner.number, number, fork_point.seq.value(), fork_point.hash,
                                      last, received_ms));
        branch = db.last_insert_rowid();
    }
    for (std::size_t i = 0; i < hashes.size(); ++i) {
        const Envelope& e = envelopes[i];
        TILL_TRY_VOID(add_branch_envelope_.run(*branch, e.seq.value(), e.version, e.kind.value(),
                                               e.times.wall.value(), e.times.since_boot.value(),
                                               blob(e.times.boot.value()), Blob{e.body},
                                               sealed_part(e), e.erased_sealed, hashes[i]));
    }
    TILL_TRY(const auto number,
             extend_branch_.one([](const Row& row) { return row.integer(0); }, last, *branch));
    TILL_TRY_VOID(transaction.commit());
    return static_cast<std::uint32_t>(number.value_or(0));
}

// A branch is the same as far as both go: equal hashes at the last common envelope mean equal chains
// up to there. Two copies of one disk may begin alike and sell differently afterwards.
Result<std::optional<std::int64_t>> SqliteConnection::same_branch(std::int64_t journal,
                                                                  const Mark& fork_point,
                                                                  std::span<const Digest> hashes) {
    std::optional<std::int64_t> same;
    const auto compare = [&](const Row& row) {
        const auto at = row.unsigned_integer(1) - fork_point.seq.value() - 1;
        if (at < hashes.size() && digest(row.bytes(2)) == hashes[at]) same = row.integer(0);
        return !same;
    };
    TILL_TRY_VOID(same_branch_.each(compare, journal, fork_point.seq.value(), fork_point.hash,
                                    fork_point.seq.value() + hashes.size()));
    return same;
}

Result<std::vector<Store::Branch>> SqliteConnection::branches(const JournalId& journal) {
    TILL_TRY(const Numbered owner, known(journal));
    std::vector<Store::Branch> found;
    const auto visit = [&](const Row& row) {
        found.push_back({.number = static_cast<std::uint32_t>(row.integer(0)),
                         .first = next(Seq{row.unsigned_integer(1)}),
                         .last = Seq{row.unsigned_integer(2)},
                         .received_ms = row.integer(3)});
    };
    TILL_TRY_VOID(branches_.each(visit, owner.number));
    return found;
}

Result<std::vector<StoredEnvelope>> SqliteConnection::read(const JournalId& journal, Seq from,
                                                           std::size_t bytes_max,
                                                           std::size_t records_max) {
    TILL_TRY(const Numbered owner, known(journal));
    std::vector<StoredEnvelope> found;
    if (from >= owner.row.mark.seq) return found;  // Beyond it, row ids are another journal's.
    std::size_t bytes = 0;
    const auto visit = [&](const Row& row) {
        bytes += row.bytes(6).size() + row.bytes(7).size();
        if (bytes > bytes_max && !found.empty()) return false;
        found.push_back(stored_envelope(row));
        return true;
    };
    TILL_TRY_VOID(read_.each(visit, row_id(owner.number, from),
                             row_id(owner.number, owner.row.mark.seq), records_max));
    return found;
}

Result<Digest> SqliteConnection::hash_at(const JournalId& journal, Seq seq) {
    TILL_TRY(const Numbered owner, known(journal));
    if (seq == Seq{0}) return genesis(journal);
    TILL_TRY(const auto found, hash_at_.one([](const Row& row) { return digest(row.bytes(0)); },
                                            row_id(owner.number, seq)));
    if (found && seq <= owner.row.mark.seq) return *found;
    TILL_TRY(const auto kept, checkpoint(journal));
    if (kept && kept->note.last == seq) return kept->note.hash;
    return no_such_event(owner.row);
}

Result<std::optional<KeptNote>> SqliteConnection::checkpoint(const JournalId& journal) {
    TILL_TRY(const Numbered owner, known(journal));
    Result<KeptNote> kept = Error{Errc::not_found, ""};
    const auto visit = [&](const Row& row) { kept = kept_note(row.bytes(0), row.bytes(1)); };
    TILL_TRY_VOID(checkpoint_.each(visit, owner.number));
    if (kept) return std::optional{*std::move(kept)};
    if (kept.error().code == Errc::not_found) return std::optional<KeptNote>{};
    return kept.error();
}

Result<void> SqliteConnection::let_go(const KeptNote& kept) {
    const Note& note = kept.note;
    TILL_TRY(Transaction transaction, Transaction::begin(db));
    TILL_TRY(const Numbered owner, known(note.journal));
    TILL_TRY(const auto last, checkpoint(note.journal));
    const Mark before = beginning(note.journal, last);
    if (before.seq == note.last && before.hash == note.hash) return {};
    TILL_TRY_VOID(may_let_go(owner.row, before, note));
    TILL_TRY(const auto run,
             read(note.journal, before.seq, SIZE_MAX, note.last.value() - before.seq.value()));
    TILL_TRY_VOID(leads_to(before, run, note));
    const StoredNote columns = stored(kept);
    TILL_TRY_VOID(forget_.run(row_id(owner.number, before.seq), row_id(owner.number, note.last)));
    TILL_TRY_VOID(set_checkpoint_.run(owner.number, note.last.value(), Blob{columns.note},
                                      Blob{columns.key}));
    return transaction.commit();
}

/// The WAL is emptied, too: its older frames would still hold what was overwritten in the file.
Result<void> SqliteConnection::erase_sealed(const JournalId& journal, std::span<const Seq> events) {
    TILL_TRY(const Numbered owner, known(journal));
    TILL_TRY(Statement look, db.prepare("SELECT sealed FROM envelopes WHERE id = ? "
                                        "AND sealed IS NOT NULL"));
    TILL_TRY(Statement erase,
             db.prepare("UPDATE envelopes SET sealed = NULL, erased_sealed = ? WHERE id = ?"));
    TILL_TRY(Transaction transaction, Transaction::begin(db));
    for (const Seq event : events) {
        const auto id = row_id(owner.number, event);
        const auto hash = [](const Row& row) { return sha256(row.bytes(0)); };
        TILL_TRY(const auto sealed, look.one(hash, id));
        if (sealed) TILL_TRY_VOID(erase.run(*sealed, id));
    }
    TILL_TRY_VOID(transaction.commit());
    const auto emptied = db.checkpoint(Database::Checkpoint::truncate);
    if (!emptied && emptied.error().code != Errc::busy) return emptied.error();
    return {};
}

}  // namespace till::sync::detail
