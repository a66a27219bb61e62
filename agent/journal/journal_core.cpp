#include "agent/journal/journal_core.hpp"

#include "agent/core/limits.hpp"
#include "agent/journal/earlier_journals.hpp"
#include "agent/journal/erasing.hpp"
#include "agent/journal/event_writer.hpp"
#include "agent/journal/key_index.hpp"
#include "agent/journal/migrations.sql.hpp"
#include "agent/journal/pruning.hpp"
#include "agent/journal/rows.hpp"
#include "agent/journal/witness.hpp"
#include "sync/wire/chain.hpp"

#include <algorithm>
#include <utility>

namespace till {

namespace {

// A WAL that is written over and over costs less to sync than one that grows: its blocks and its size
// are on disk already.
constexpr int wal_pages_idle = 250;
constexpr int wal_pages_busy = 1000;
constexpr std::size_t recent_idle = 1024;
constexpr std::size_t days_slice = 2048;  // Some milliseconds: a capture may come in meanwhile.

}  // namespace

struct JournalCore::Impl {
    Options options;
    Clock& clock;
    Database database;
    detail::JournalRows rows;
    detail::EventWriter writer;
    detail::KeyIndex keys;
    detail::EarlierJournals earlier;
    detail::Pruning pruning;
    JournalIdentity identity;
    detail::JournalRows::HeadRow head;
    detail::JournalRows::Derived derived;
    Witness witness;
    Acknowledged acknowledged;
    Bytes state;
    std::vector<sync::KeptNote> notes;
    bool failed = false;  // A commit went wrong: what is on disk is not known.
    std::optional<Retention> retention;
    bool may_let_go = false;  // There may be more than has been looked at.

    Result<void> load_owner();
    Result<std::optional<Result<Stored>>> answer_without_storing(const Draft& draft,
                                                                 const detail::KeyHash& key,
                                                                 bool reserve_reached);
    Result<std::optional<detail::JournalRows::Given>> given(const detail::KeyHash& key);
    Result<Stored> store(const Draft& draft, const detail::KeyHash& key,
                         detail::JournalRows::HeadRow& head);
    Result<std::vector<Result<Stored>>> append(std::span<const Draft> drafts);
    Result<void> index_keys();
    Result<void> add_up_days();
    Result<Seq> needless();
    Result<void> let_go();
    std::uint64_t days_behind() const { return head.head.seq.value() - derived.days.value(); }
    bool reserve_reached() const;
};

JournalCore::JournalCore(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
JournalCore::JournalCore(JournalCore&&) noexcept = default;
JournalCore& JournalCore::operator=(JournalCore&&) noexcept = default;
JournalCore::~JournalCore() = default;

Result<JournalCore> JournalCore::create(const Options& options, const JournalIdentity& identity,
                                        Clock& clock) {
    if (std::filesystem::exists(options.file))
        return Error{Errc::conflict, options.file.string() + " exists"};
    {
        TILL_TRY(Database database,
                 Database::open(
                     {.file = options.file, .mode = Database::Mode::create, .vfs = options.vfs}));
        TILL_TRY_VOID(migrate(database, sql::agent_journal));
        TILL_TRY(auto transaction, Transaction::begin(database));
        TILL_TRY_VOID(detail::write_identity(database, identity));
        TILL_TRY_VOID(transaction.commit());
    }
    return open(options, clock);
}

Result<JournalCore> JournalCore::open(const Options& options, Clock& clock) {
    TILL_TRY(Database database, Database::open({.file = options.file, .vfs = options.vfs}));
    TILL_TRY_VOID(migrate(database, sql::agent_journal));
    TILL_TRY(auto rows, detail::JournalRows::prepare(database));
    TILL_TRY(auto writer, detail::EventWriter::prepare(database));
    TILL_TRY(JournalIdentity identity, rows.identity());
    TILL_TRY(const auto head, rows.head());
    TILL_TRY(const auto salvaged, rows.salvage());
    TILL_TRY_VOID(detail::check_head(rows, identity.journal, head.head, salvaged.has_value()));
    Witness witness;
    if (options.witness) {
        const auto seen = Witness::seen(options.file);
        if (seen && *seen > head.head.seq)
            return Error{Errc::corrupt, "journal: it ends with event "
                                            + std::to_string(head.head.seq.value()) + ", but event "
                                            + std::to_string(seen->value()) + " was answered"};
        witness = Witness{options.file};
    }
    TILL_TRY(const auto derived, rows.derived());
    TILL_TRY(auto keys, detail::KeyIndex::load(database, derived.keys));
    TILL_TRY(auto pruning, detail::Pruning::prepare(database));
    TILL_TRY(const Head kept_from, rows.checkpoint(identity.journal));
    pruning.let_go(kept_from);
    auto impl = std::make_unique<Impl>(
        options, clock, std::move(database), std::move(rows), std::move(writer), std::move(keys),
        detail::EarlierJournals::open(options.earlier, options.vfs), std::move(pruning),
        std::move(identity), head, derived, std::move(witness));
    TILL_TRY_VOID(impl->load_owner());
    return JournalCore{std::move(impl)};
}

Result<void> JournalCore::Impl::load_owner() {
    TILL_TRY(Statement get_state, database.prepare("SELECT state FROM owner_state"));
    TILL_TRY_VOID(get_state.each([&](const Row& row) { state = row.bytes(0); }));
    TILL_TRY(notes, rows.notes(identity.journal));
    TILL_TRY(Statement get_ack, database.prepare("SELECT seq, store_epoch FROM acknowledged"));
    return get_ack.each([&](const Row& row) {
        acknowledged = {Seq{row.unsigned_integer(0)}, Bytes{row.bytes(1)}};
    });
}

bool JournalCore::Impl::reserve_reached() const {
    if (options.reserve_bytes == 0) return false;
    std::error_code failed_to_ask;
    const auto folder = std::filesystem::absolute(options.file).parent_path();
    const auto space = std::filesystem::space(folder, failed_to_ask);
    return !failed_to_ask && space.available < options.reserve_bytes;
}

Result<std::optional<detail::JournalRows::Given>> JournalCore::Impl::given(
    const detail::KeyHash& key) {
    TILL_TRY(const auto seq, keys.find(key));
    if (!seq) return earlier.find(key);
    TILL_TRY(auto given, rows.given_at(*seq, identity));
    if (!given) return Error{Errc::corrupt, "journal: a key names an event that is not there"};
    return given;
}

// The outer error is the database's; the inner one is the draft's.
Result<std::optional<Result<Stored>>> JournalCore::Impl::answer_without_storing(
    const Draft& draft, const detail::KeyHash& key, bool reserve_reached) {
    using Answer = std::optional<Result<Stored>>;
    if (draft.key.empty())
        return Answer{Error{Errc::out_of_range, "an idempotency key is needed", "key"}};
    TILL_TRY(auto known, given(key));
    if (known && known->request != draft.request_hash)
        return Answer{Error{Errc::conflict, "this key was used for something else (event "
                                                + std::to_string(known->stored.seq.value()) + ")"}};
    if (known) return Answer{std::move(known->stored)};
    if (draft.body.size() + draft.sealed.size() + detail::numbers_bytes_max
        > limits::record_bytes_max)
        return Answer{Error{Errc::out_of_range,
                            "the record is larger than a record may be",
                            {},
                            std::to_string(limits::record_bytes_max) + " bytes"}};
    constexpr sync::Kind first_control{200}, last_control{249};  // Drawers too: cash is counted.
    const bool closes_day = draft.kind >= first_control && draft.kind <= last_control;
    if (reserve_reached && !closes_day)
        return Answer{Error{Errc::disk_full, "the disk's reserve for closing the day is reached"}};
    return Answer{};
}

Result<Stored> JournalCore::Impl::store(const Draft& draft, const detail::KeyHash& key,
                                        detail::JournalRows::HeadRow& at) {
    Stored stored{.journal = identity.journal, .seq = next(at.head.seq)};
    detail::EventWriter::Numbers numbers;
    if (draft.numbering != Numbering::none) numbers.transaction = ++at.transactions;
    if (draft.numbering == Numbering::receipt) {
        numbers.receipt = ++at.receipts;
        stored.receipt_number = detail::receipt_number(identity, numbers.receipt);
    }
    stored.transaction_number = numbers.transaction;
    TILL_TRY(at.head.hash, writer.insert(draft, key, identity.journal, at.head, clock.now(),
                                         numbers, stored.receipt_number));
    at.head.seq = stored.seq;
    return stored;
}

Result<std::vector<Result<Stored>>> JournalCore::Impl::append(std::span<const Draft> drafts) {
    std::vector<Result<Stored>> results;
    results.reserve(drafts.size());
    std::optional<Transaction> transaction;
    detail::JournalRows::HeadRow at = head;
    const Bytes* new_state = nullptr;
    const bool no_room = reserve_reached();
    for (const Draft& draft : drafts) {
        const detail::KeyHash key = detail::key_hash(draft.caller, draft.key);
        TILL_TRY(auto answer, answer_without_storing(draft, key, no_room));
        if (answer) {
            results.push_back(*std::move(answer));
            continue;
        }
        if (!transaction) {
            TILL_TRY(auto begun, Transaction::begin(database));
            transaction.emplace(std::move(begun));
        }
        TILL_TRY(auto stored, store(draft, key, at));
        keys.remember(key, stored.seq);
        if (draft.state_after) new_state = &*draft.state_after;
        results.push_back(std::move(stored));
    }
    if (!transaction) return results;
    TILL_TRY_VOID(writer.update_head(at));
    if (new_state != nullptr) TILL_TRY_VOID(writer.update_state(*new_state));
    TILL_TRY_VOID(transaction->commit());
    head = at;
    witness.note(head.head.seq);
    if (new_state != nullptr) state = *new_state;
    return results;
}

Result<void> JournalCore::Impl::index_keys() {
    TILL_TRY(auto transaction, Transaction::begin(database));
    const detail::JournalRows::Derived now{head.head.seq, derived.days};
    TILL_TRY_VOID(keys.write());
    TILL_TRY_VOID(writer.update_derived(now));
    TILL_TRY_VOID(transaction.commit());
    keys.written();
    derived = now;
    return {};
}

Result<void> JournalCore::Impl::add_up_days() {
    TILL_TRY(auto transaction, Transaction::begin(database));
    detail::JournalRows::Derived now = derived;
    DayTotals totals;
    const auto add = [&](const sync::Envelope& envelope, const Digest& hash) {
        detail::add_to(totals, envelope, hash);
        now.days = envelope.seq;
        return true;
    };
    TILL_TRY_VOID(rows.each(derived.days, head.head.seq, days_slice, add));
    TILL_TRY_VOID(detail::write_days(database, rows, std::move(totals)));
    TILL_TRY_VOID(writer.update_derived(now));
    TILL_TRY_VOID(transaction.commit());
    derived = now;
    return {};
}

Result<std::vector<Result<Stored>>> JournalCore::append(std::span<const Draft> drafts) {
    if (impl_->failed) return Error{Errc::io, "journal: it failed and was not opened again"};
    if (impl_->keys.recent() + drafts.size() > limits::journal_recent_max) {
        if (auto indexed = impl_->index_keys(); !indexed) {
            impl_->failed = true;
            return std::move(indexed).error();
        }
    }
    auto results = impl_->append(drafts);
    impl_->failed = !results;
    return results;
}

Result<std::optional<Stored>> JournalCore::find(std::string_view caller, std::string_view key) {
    TILL_TRY(auto given, impl_->given(detail::key_hash(caller, key)));
    if (!given) return std::optional<Stored>{};
    return std::optional{std::move(given->stored)};
}

Result<sync::Envelope> JournalCore::event(const Stored& stored) {
    detail::JournalRows* rows = stored.journal == impl_->identity.journal
                                    ? &impl_->rows
                                    : impl_->earlier.rows(stored.journal);
    const Error gone{Errc::not_found, "no event " + std::to_string(stored.seq.value())};
    if (rows == nullptr || stored.seq == Seq{0}) return gone;
    TILL_TRY(auto remnant, rows->remnant_at(stored.seq));
    if (remnant) return *std::move(remnant);
    TILL_TRY(auto found, rows->read(Seq{stored.seq.value() - 1}, 1, 1));
    if (!found.empty() && found.front().seq == stored.seq) return std::move(found.front());
    std::optional<sync::Envelope> loose;
    const auto take = [&](const sync::Envelope& envelope, const Digest&, bool) -> Result<void> {
        if (envelope.seq == stored.seq) loose = envelope;
        return gone;  // The first is enough.
    };
    static_cast<void>(rows->each_loose(Seq{stored.seq.value() - 1}, take));
    if (loose) return *std::move(loose);
    return gone;
}

Head JournalCore::head() const { return impl_->head.head; }
const JournalIdentity& JournalCore::identity() const { return impl_->identity; }
const Bytes& JournalCore::state() const { return impl_->state; }

Result<std::vector<sync::Envelope>> JournalCore::read(Seq from, std::size_t bytes_max,
                                                      std::size_t records_max) {
    return impl_->rows.read_chained(impl_->identity.journal, std::max(from, kept_from().seq),
                                    bytes_max, records_max);
}

Result<Digest> JournalCore::hash_at(Seq seq) {
    if (seq == Seq{0}) return sync::genesis(impl_->identity.journal);
    TILL_TRY(const auto hash, impl_->rows.hash_at(seq));
    if (!hash) return Error{Errc::not_found, "no event " + std::to_string(seq.value())};
    return *hash;
}

JournalCore::Acknowledged JournalCore::acknowledged() const { return impl_->acknowledged; }

Result<void> JournalCore::acknowledge(const Acknowledged& acknowledged) {
    // Losing it in a power cut costs a welcome from the centre, so it does not wait for the disk.
    TILL_TRY_VOID(impl_->database.execute("PRAGMA synchronous=NORMAL"));
    const auto written =
        impl_->writer.update_acknowledged(acknowledged.seq, acknowledged.store_epoch);
    TILL_TRY_VOID(impl_->database.execute("PRAGMA synchronous=FULL"));
    TILL_TRY_VOID(written);
    impl_->acknowledged = acknowledged;
    return {};
}

const std::vector<sync::KeptNote>& JournalCore::notes() const { return impl_->notes; }

Result<void> JournalCore::keep_note(const sync::KeptNote& kept) {
    const sync::Note& note = kept.note;
    if (note.journal != impl_->identity.journal)
        return Error{Errc::not_trusted, "the note is of another journal"};
    TILL_TRY(const Digest own, hash_at(note.last));
    if (own != note.hash)
        return Error{Errc::not_trusted, "the note's hash is not this journal's at event "
                                            + std::to_string(note.last.value())};
    TILL_TRY_VOID(impl_->database.execute("PRAGMA synchronous=NORMAL"));
    auto written = impl_->writer.replace_note(kept);
    if (written)
        written = impl_->pruning.note(note, impl_->clock.now().wall, impl_->options.milestones);
    TILL_TRY_VOID(impl_->database.execute("PRAGMA synchronous=FULL"));
    TILL_TRY_VOID(written);
    std::erase_if(impl_->notes, [&](const sync::KeptNote& older) {
        return older.note.store_epoch == note.store_epoch;
    });
    impl_->notes.push_back(kept);
    return {};
}

void JournalCore::let_go(const Retention& what) {
    impl_->retention = what;
    impl_->may_let_go = true;
}

Result<void> JournalCore::erase_sealed(std::span<const Seq> events) {
    return till::erase_sealed(impl_->database, events);
}

Head JournalCore::kept_from() const { return impl_->pruning.checkpoint(); }

/// Up to where nobody needs the events any more.
Result<Seq> JournalCore::Impl::needless() {
    const auto ours = [&](const sync::KeptNote& kept) {
        return kept.note.store_epoch == acknowledged.store_epoch;
    };
    const auto newest = std::ranges::find_if(notes, ours);
    if (newest == notes.end() || head.head.seq == Seq{0}) return Seq{0};
    TILL_TRY(const Seq confirmed,
             pruning.confirmed_before(newest->note, clock.now().wall, retention->age));
    return std::min({confirmed, retention->upto, acknowledged.seq, newest->note.last, derived.days,
                     Seq{head.head.seq.value() - 1}});
}

Result<void> JournalCore::Impl::let_go() {
    TILL_TRY(const Seq upto, needless());
    may_let_go = upto > pruning.checkpoint().seq;
    if (!may_let_go) return {};
    if (derived.keys < upto) TILL_TRY_VOID(index_keys());  // Until now the events held them.
    TILL_TRY(auto transaction, Transaction::begin(database));
    TILL_TRY(const Head checkpoint, pruning.remove(rows, identity.journal, upto));
    TILL_TRY_VOID(transaction.commit());
    pruning.let_go(checkpoint);
    return {};
}

Result<void> JournalCore::secure() { return impl_->database.secure(); }

Result<void> JournalCore::maintain() {
    if (impl_->keys.recent() >= recent_idle) TILL_TRY_VOID(impl_->index_keys());
    if (impl_->days_behind() > 0) TILL_TRY_VOID(impl_->add_up_days());
    if (impl_->may_let_go) TILL_TRY_VOID(impl_->let_go());
    return checkpoint();
}

Result<void> JournalCore::checkpoint() {
    TILL_TRY_VOID(impl_->database.checkpoint(Database::Checkpoint::passive));
    return {};
}

JournalCore::Maintenance JournalCore::maintenance() const {
    const int pages = impl_->database.wal_pages();
    if (pages >= wal_pages_busy) return Maintenance::checkpoint;
    const bool due = pages >= wal_pages_idle || impl_->keys.recent() >= recent_idle
                     || impl_->days_behind() >= recent_idle || impl_->may_let_go;
    return due ? Maintenance::when_idle : Maintenance::none;
}

}  // namespace till
