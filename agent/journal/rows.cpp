#include "agent/journal/rows.hpp"

#include "agent/core/hex.hpp"
#include "sync/wire/chain.hpp"
#include "sync/wire/events.pb.h"

#include <google/protobuf/arena.h>

#include <algorithm>

namespace till::detail {

namespace {

Result<Uuid> uuid(const Row& row, int column) {
    auto id = Uuid::from_bytes(row.bytes(column));
    if (!id) return Error{Errc::corrupt, "journal: an id is not 16 bytes"};
    return id;
}

Result<Digest> digest(const Row& row, int column) {
    auto hash = to_digest(row.bytes(column));
    if (!hash) return Error{Errc::corrupt, "journal: a hash is not 32 bytes"};
    return hash;
}

Result<JournalIdentity> identity_of(const Row& row) {
    JournalIdentity identity;
    TILL_TRY(const Uuid journal, uuid(row, 0));
    TILL_TRY(const Uuid device, uuid(row, 1));
    identity.journal = JournalId{journal};
    identity.device = DeviceId{device};
    if (!row.is_null(2)) {
        TILL_TRY(const Uuid predecessor, uuid(row, 2));
        identity.predecessor = JournalId{predecessor};
    }
    identity.receipt_prefix = row.bytes(3);
    identity.generation = Generation{static_cast<std::uint32_t>(row.integer(4))};
    return identity;
}

// Column order of the SELECT below. Assigns, so that one envelope's buffers serve a whole scan.
Result<Digest> read_event(const Row& row, sync::Envelope& into) {
    into.seq = Seq{row.unsigned_integer(0)};
    into.version = static_cast<std::uint32_t>(row.integer(1));
    into.kind = sync::Kind{static_cast<std::uint32_t>(row.integer(2))};
    TILL_TRY(const Uuid boot, uuid(row, 5));
    into.times = {WallTime{row.integer(3)}, BootTime{row.unsigned_integer(4)}, BootId{boot}};
    into.erased_sealed.reset();
    if (!row.is_null(7)) { TILL_TRY(into.erased_sealed, digest(row, 7)); }
    into.sealed.assign(row.bytes(8));
    into.body.assign(row.bytes(9));
    return digest(row, 6);
}

template <class T>
Result<T> only_row(Result<std::optional<Result<T>>> row, const char* table) {
    if (!row) return std::move(row).error();
    if (!*row)
        return Error{Errc::corrupt, std::string{"journal: the row of "} + table + " is missing"};
    return std::move(**row);
}

}  // namespace

Result<JournalRows> JournalRows::prepare_singles(Database& database) {
    JournalRows rows;
    TILL_TRY(rows.identity_, database.prepare("SELECT journal, device, predecessor, receipt_prefix,"
                                              " generation FROM identity"));
    TILL_TRY(rows.head_, database.prepare("SELECT seq, hash, transactions, receipts FROM head"));
    return rows;
}

Result<JournalRows> JournalRows::prepare(Database& database) {
    TILL_TRY(JournalRows rows, prepare_singles(database));
    TILL_TRY(rows.derived_, database.prepare("SELECT keys_seq, days_seq FROM derived"));
    TILL_TRY(rows.hash_, database.prepare("SELECT hash FROM event WHERE seq = ?1 UNION ALL"
                                          " SELECT hash FROM checkpoint WHERE seq = ?1"));
    TILL_TRY(rows.checkpoint_, database.prepare("SELECT seq, hash FROM checkpoint"));
    TILL_TRY(rows.given_,
             database.prepare("SELECT request, transaction_number, receipt_counter FROM event"
                              " WHERE seq = ?1 UNION ALL SELECT request, transaction_number,"
                              " receipt_counter FROM loose WHERE seq = ?1 UNION ALL SELECT request,"
                              " transaction_number, receipt_counter FROM pruned WHERE seq = ?1"));
    TILL_TRY(rows.remnant_, database.prepare("SELECT kind, answer FROM pruned WHERE seq = ?"));
    TILL_TRY(rows.salvage_, database.prepare("SELECT report FROM salvage"));
    TILL_TRY(
        rows.loose_,
        database.prepare("SELECT seq, version, kind, wall, since_boot, boot, hash, erased_sealed,"
                         " sealed, body, proved FROM loose WHERE seq > ? ORDER BY seq"));
    TILL_TRY(
        rows.events_,
        database.prepare("SELECT seq, version, kind, wall, since_boot, boot, hash, erased_sealed,"
                         " sealed, body FROM event WHERE seq > ? AND seq <= ?"
                         " ORDER BY seq LIMIT ?"));
    TILL_TRY(rows.notes_,
             database.prepare("SELECT store_epoch, first_seq, last_seq, last_hash, time,"
                              " key_id, signature, public_key, certified FROM note"
                              " ORDER BY time"));
    TILL_TRY(rows.days_, database.prepare("SELECT DISTINCT business_day FROM day ORDER BY 1"));
    TILL_TRY(rows.day_,
             database.prepare("SELECT events, first_seq, last_seq, last_hash FROM day"
                              " WHERE business_day = ? AND store = ? AND workstation = ?"));
    TILL_TRY(rows.figures_,
             database.prepare("SELECT currency, measure, type, count, amount FROM day_figure"
                              " WHERE business_day = ? AND store = ? AND workstation = ?"));
    TILL_TRY(rows.keys_,
             database.prepare("SELECT store, workstation FROM day WHERE business_day = ?"));
    return rows;
}

Result<JournalIdentity> JournalRows::identity() {
    return only_row<JournalIdentity>(identity_.one(identity_of), "identity");
}

Result<JournalRows::HeadRow> JournalRows::head() {
    const auto read = [](const Row& row) -> Result<HeadRow> {
        TILL_TRY(const Digest hash, digest(row, 1));
        return HeadRow{
            {Seq{row.unsigned_integer(0)}, hash}, row.unsigned_integer(2), row.unsigned_integer(3)};
    };
    return only_row<HeadRow>(head_.one(read), "head");
}

Result<JournalRows::Derived> JournalRows::derived() {
    const auto read = [](const Row& row) -> Result<Derived> {
        return Derived{Seq{row.unsigned_integer(0)}, Seq{row.unsigned_integer(1)}};
    };
    return only_row<Derived>(derived_.one(read), "derived");
}

Result<std::optional<Digest>> JournalRows::hash_at(Seq seq) {
    const auto read = [](const Row& row) { return digest(row, 0); };
    TILL_TRY(const auto found, hash_.one(read, seq.value()));
    if (!found) return std::optional<Digest>{};
    TILL_TRY(const Digest hash, *found);
    return std::optional{hash};
}

Result<Head> JournalRows::checkpoint(const JournalId& journal) {
    Head at{Seq{0}, sync::genesis(journal)};
    const auto read = [&](const Row& row) -> Result<void> {
        at.seq = Seq{row.unsigned_integer(0)};
        TILL_TRY(at.hash, digest(row, 1));
        return {};
    };
    TILL_TRY_VOID(checkpoint_.each(read));
    return at;
}

Result<std::optional<sync::Envelope>> JournalRows::remnant_at(Seq seq) {
    const auto read = [&](const Row& row) {
        sync::Envelope envelope;
        envelope.seq = seq;
        envelope.kind = sync::Kind{static_cast<std::uint32_t>(row.integer(0))};
        envelope.body = row.bytes(1);
        return envelope;
    };
    return remnant_.one(read, seq.value());
}

Result<std::optional<JournalRows::Given>> JournalRows::given_at(Seq seq,
                                                                const JournalIdentity& identity) {
    const auto read = [&](const Row& row) {
        Given given{.request = Bytes{row.bytes(0)},
                    .stored = {.journal = identity.journal,
                               .seq = seq,
                               .receipt_number = {},
                               .transaction_number = row.unsigned_integer(1),
                               .replayed = true}};
        if (const auto receipt = row.unsigned_integer(2); receipt != 0)
            given.stored.receipt_number = receipt_number(identity, receipt);
        return given;
    };
    return given_.one(read, seq.value());
}

Result<void> JournalRows::each(Seq from, Seq upto, std::size_t records_max, const Visit& visit) {
    sync::Envelope envelope;
    Result<void> broken;
    const auto read = [&](const Row& row) {
        const auto hash = read_event(row, envelope);
        if (!hash) broken = hash.error();
        return hash && visit(envelope, *hash);
    };
    TILL_TRY_VOID(events_.each(read, from.value(), upto.value(), records_max));
    return broken;
}

Result<std::vector<sync::Envelope>> JournalRows::read(Seq from, std::size_t bytes_max,
                                                      std::size_t records_max) {
    std::vector<sync::Envelope> out;
    std::size_t bytes = 0;
    const auto take = [&](const sync::Envelope& envelope, const Digest&) {
        bytes += envelope.body.size() + envelope.sealed.size();
        if (bytes > bytes_max && !out.empty()) return false;
        out.push_back(envelope);
        return true;
    };
    TILL_TRY_VOID(each(from, Seq{std::numeric_limits<std::int64_t>::max()}, records_max, take));
    return out;
}

Result<std::vector<sync::Envelope>> JournalRows::read_chained(const JournalId& journal, Seq from,
                                                              std::size_t bytes_max,
                                                              std::size_t records_max) {
    std::vector<sync::Envelope> out;
    std::size_t bytes = 0;
    std::optional<Seq> broken;
    TILL_TRY(auto previous, hash_at(from));
    if (from == Seq{0}) previous = sync::genesis(journal);
    const auto take = [&](const sync::Envelope& envelope, const Digest& hash) {
        bytes += envelope.body.size() + envelope.sealed.size();
        if (bytes > bytes_max && !out.empty()) return false;
        if (previous && sync::chain_hash(*previous, journal, envelope) != hash)
            broken = envelope.seq;
        if (broken) return false;
        out.push_back(envelope);
        previous = hash;
        return true;
    };
    TILL_TRY_VOID(each(from, Seq{std::numeric_limits<std::int64_t>::max()}, records_max, take));
    if (out.empty() && broken)
        return Error{Errc::corrupt, "journal: event " + std::to_string(broken->value())
                                        + " does not follow from the one before it"};
    return out;
}

Result<std::optional<Bytes>> JournalRows::salvage() {
    return salvage_.one([](const Row& row) { return Bytes{row.bytes(0)}; });
}

Result<void> JournalRows::each_loose(Seq from, const VisitLoose& visit) {
    sync::Envelope envelope;
    const auto read = [&](const Row& row) -> Result<void> {
        TILL_TRY(const Digest hash, read_event(row, envelope));
        return visit(envelope, hash, row.integer(10) != 0);
    };
    return loose_.each(read, from.value());
}

Result<std::vector<sync::KeptNote>> JournalRows::notes(const JournalId& journal) {
    std::vector<sync::KeptNote> notes;
    const auto read = [&](const Row& row) -> Result<void> {
        sync::KeptNote& kept = notes.emplace_back();
        TILL_TRY(kept.note.hash, digest(row, 3));
        kept.note.store_epoch = row.bytes(0);
        kept.note.journal = journal;
        kept.note.first = Seq{row.unsigned_integer(1)};
        kept.note.last = Seq{row.unsigned_integer(2)};
        kept.note.time = WallTime{row.integer(4)};
        kept.note.key_id = row.bytes(5);
        kept.note.signature = row.bytes(6);
        kept.key = {Bytes{row.bytes(7)}, Bytes{row.bytes(8)}};
        return {};
    };
    TILL_TRY_VOID(notes_.each(read));
    return notes;
}

Result<std::vector<std::string>> JournalRows::business_days() {
    std::vector<std::string> days;
    TILL_TRY_VOID(days_.each([&](const Row& row) { days.emplace_back(row.bytes(0)); }));
    return days;
}

Result<DayFigures> JournalRows::stored_day(const DayKey& key) {
    DayFigures day;
    const auto read_day = [&](const Row& row) -> Result<void> {
        day.events = row.integer(0);
        day.first = Seq{row.unsigned_integer(1)};
        day.last = Seq{row.unsigned_integer(2)};
        TILL_TRY(day.last_hash, digest(row, 3));
        return {};
    };
    TILL_TRY_VOID(day_.each(read_day, key.business_day, key.store, key.workstation));
    const auto read_figure = [&](const Row& row) {
        const FigureKey figure{Bytes{row.bytes(0)}, static_cast<Measure>(row.integer(1)),
                               static_cast<int>(row.integer(2))};
        day.figures[figure] = {row.integer(3), row.integer(4)};
    };
    TILL_TRY_VOID(figures_.each(read_figure, key.business_day, key.store, key.workstation));
    return day;
}

Result<std::vector<DayKey>> JournalRows::stored_keys(std::string_view business_day) {
    std::vector<DayKey> keys;
    const auto read = [&](const Row& row) {
        keys.push_back({std::string{business_day}, Bytes{row.bytes(0)}, Bytes{row.bytes(1)}});
    };
    TILL_TRY_VOID(keys_.each(read, business_day));
    return keys;
}

// The last link is recomputed: a head row and an event that were restored from different backups, or
// changed by hand, do not get a journal's next event chained to them.
Result<void> check_head(JournalRows& rows, const JournalId& journal, const Head& at, bool holes) {
    const auto disagree = [&](const char* what) {
        return Error{Errc::corrupt, "journal: the head says event " + std::to_string(at.seq.value())
                                        + ", but " + what};
    };
    TILL_TRY(const auto beyond, rows.read(at.seq, 1, 1));
    if (!beyond.empty()) return disagree("there is a later one");
    if (at.seq == Seq{0}) {
        if (at.hash != sync::genesis(journal)) return disagree("its hash is not genesis");
        return {};
    }
    const Seq before{at.seq.value() - 1};
    Digest previous = sync::genesis(journal);
    bool known = true;
    if (before != Seq{0}) {
        TILL_TRY(const auto stored, rows.hash_at(before));
        if (!stored && !holes) return disagree("the one before is missing");
        known = stored.has_value();
        previous = stored.value_or(previous);
    }
    TILL_TRY(const auto last, rows.read(before, 1, 1));
    if (last.empty() || last.front().seq != at.seq) return disagree("it is missing");
    TILL_TRY(const auto stored, rows.hash_at(at.seq));
    if (stored != at.hash) return disagree("its stored hash is another one");
    if (known && sync::chain_hash(previous, journal, last.front()) != at.hash)
        return disagree("its bytes do not have the head's hash");
    return {};
}

std::string receipt_number(const JournalIdentity& identity, std::uint64_t counter) {
    std::string digits = std::to_string(counter);
    digits.insert(0, 6 - std::min<std::size_t>(6, digits.size()), '0');
    return identity.receipt_prefix + "-" + std::to_string(identity.generation.value()) + "-"
           + digits;
}

void add_to(DayTotals& totals, const sync::Envelope& envelope, const Digest& hash) {
    // An arena on the stack: parsing costs half as much without an allocation for each line.
    alignas(8) std::array<char, 16 * 1024> block;
    google::protobuf::ArenaOptions options;
    options.initial_block = block.data();
    options.initial_block_size = block.size();
    google::protobuf::Arena arena{options};
    auto* event = google::protobuf::Arena::CreateMessage<tillstream::v1::Event>(&arena);
    if (event->ParseFromString(envelope.body)) totals.add(*event, envelope.seq, hash);
}

}  // namespace till::detail
