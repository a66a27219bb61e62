#include "tests/sim/centre.hpp"

#include "agent/core/match.hpp"
#include "agent/store/database.hpp"
#include "sync/wire/chain.hpp"

#include <algorithm>

namespace till::sim {

using sync::GatewaySession;

namespace {

constexpr const char* ledger_file = "/sim/ledger.db";
constexpr const char* projection_file = "/sim/projection.db";
constexpr const char* vault_file = "/sim/vault.db";
constexpr int seq_bits = 40;  // Of the ledger's row ids (0001-ledger.sql).

}  // namespace

Centre::Centre(Schedule& schedule, Book& book, Mutant mutant)
    : Machine{schedule, "centre", mutant == Mutant::centre_skips_fsync},
      book_{book},
      mutant_{mutant},
      random_{schedule.engine()()},
      sealing_{make_sealing_key_pair(1)} {}

Centre::~Centre() = default;

void Centre::back_up() {
    if (is_running() && !renew_epoch_) backup_ = disk_.image();
}

bool Centre::restore() {
    if (!backup_) return false;
    ++schedule_.counts.faults;
    tell("is restored from its backup");
    disk_.replace(*backup_);
    renew_epoch_ = true;
    fell();
    return true;
}

void Centre::cut_connections(bool with_notice) {
    for (const auto& seat : seats_) hang_up(seat, with_notice);
    seats_.clear();
}

bool Centre::open_all() {
    const auto opened = on_disk([this] { return open_stores(); });
    if (opened && !*opened && opened->error().code == Errc::corrupt)
        throw Broken{"the centre's disk is corrupt: " + opened->error().detail};
    return opened && *opened;
}

void Centre::run() {
    tell("runs");
    check_marks();
    if (is_running()) serve();
    if (is_running()) tick();
}

Result<void> Centre::open_stores() {
    promised_.clear();
    queries_.reset();
    projector_.reset();
    vault_.reset();
    reading_.reset();
    store_.reset();
    const std::string vfs = disk_.name();
    TILL_TRY(store_, sync::SqliteStore::open({.file = ledger_file, .vfs = vfs}, random_));
    if (renew_epoch_) {
        TILL_TRY_VOID(store_->renew_epoch());
        renew_epoch_ = false;
    }
    if (epoch_ != store_->epoch()) marks_.clear();
    epoch_ = store_->epoch();
    TILL_TRY(reading_,
             sync::SqliteStore::open(
                 {.file = ledger_file, .access = sync::SqliteStore::Access::reading, .vfs = vfs},
                 random_));
    sync::VaultKeys keys{
        .sealing = {}, .token_key = Secret{Bytes(32, 't')}, .master_key = Secret{Bytes(32, 'm')}};
    keys.sealing.push_back({sealing_.key, Secret{sealing_.private_key.reveal()}});
    TILL_TRY(vault_, sync::Vault::open(vault_file, std::move(keys), random_,
                                       sync::Vault::Access::writing, vfs));
    TILL_TRY(projector_, sync::Projector::open(projection_file, *vault_, vfs));
    TILL_TRY(queries_, sync::Queries::open(projection_file, vfs));
    return {};
}

/// Commits of all connections together, as the ledger's thread does; the projection behind.
void Centre::serve() {
    later(schedule_.between(1, 30), [this] {
        for (std::size_t i = 0; is_running() && i < seats_.size(); ++i) work_on(seats_[i]);
        if (is_running()) commit_together();
        if (is_running() && schedule_.one_in(8)) project();
        if (is_running() && schedule_.one_in(100)) prune();
        if (is_running() && schedule_.one_in(60))
            on_disk([this] { return store_->tidy().has_value(); });
        if (is_running() && schedule_.one_in(40)) check_marks();
        if (is_running()) serve();
    });
}

void Centre::tick() {
    later(1'000, [this] {
        const auto seats = seats_;
        for (const auto& seat : seats) feed(seat, sync::Tick{now()});
        std::erase_if(seats_, [](const SeatPtr& seat) { return !seat->session; });
        if (is_running()) tick();
    });
}

WirePtr Centre::dial(const DeviceId& device) {
    if (!is_running()) return nullptr;
    auto wire = std::make_shared<Wire>();
    wire->delay = schedule_.one_in(6) ? 2'000 : schedule_.between(1, 80);
    GatewaySession::Options options{.peer = device,
                                    .store_epoch = store_->epoch(),
                                    .sealing_key_id = 1,
                                    .backup_age = {},
                                    .accepted = now()};
    const auto seat = std::make_shared<Seat>(Seat{wire, GatewaySession{std::move(options)}});
    seats_.push_back(seat);
    const std::weak_ptr<Seat> weak = seat;
    wire->centre.receive = [this, weak](Bytes message) {
        if (const auto here = weak.lock()) feed(here, sync::Received{std::move(message), now()});
    };
    wire->centre.closed = [this, weak] {
        if (const auto here = weak.lock()) hang_up(here, false);
    };
    return wire;
}

void Centre::hang_up(const SeatPtr& seat, bool with_notice) {
    close(schedule_, seat->wire, seat->wire->centre, with_notice);
    seat->session.reset();
    seat->work.clear();
}

void Centre::feed(const SeatPtr& seat, GatewaySession::Event event) {
    if (!is_running() || !seat->session) return;
    for (auto& action : seat->session->on(std::move(event))) {
        if (!is_running()) return;
        perform(seat, action);
    }
}

void Centre::perform(const SeatPtr& seat, GatewaySession::Action& action) {
    std::visit(
        Match{[&](sync::Send& send) {
                  sim::send(schedule_, seat->wire, seat->wire->till, std::move(send.message));
              },
              [&](sync::Hangup& hangup) {
                  if (hangup.reason == sync::Reason::violation)
                      throw Broken{"the centre calls a violation: " + hangup.detail};
                  hang_up(seat, true);
              },
              [&](GatewaySession::Commit& commit) {
                  if (mutant_ != Mutant::ack_before_commit)
                      return seat->work.emplace_back(std::move(commit)), void();
                  const sync::Appended early{true, commit.append.result};
                  promised_.push_back(std::move(commit.append));
                  later(0, [this, seat, early] {
                      feed(seat, GatewaySession::Committed{early, now()});
                  });
              },
              [&](GatewaySession::Bind& bind) { seat->work.emplace_back(std::move(bind)); },
              [&](GatewaySession::KeepBranch& keep) { seat->work.emplace_back(std::move(keep)); },
              [](auto&) {}},
        action);
}

/// What waits at the front, unless it is a commit.
void Centre::work_on(const SeatPtr& seat) {
    if (seat->work.empty()) return;
    if (const auto* bind = std::get_if<GatewaySession::Bind>(&seat->work.front())) {
        auto row = on_disk([&] { return store_->bind(bind->first_hello); });
        if (!row) return;
        seat->work.pop_front();
        return feed(seat, GatewaySession::Bound{*std::move(row), now()});
    }
    if (const auto* keep = std::get_if<GatewaySession::KeepBranch>(&seat->work.front())) {
        auto kept = on_disk([&] {
            return store_->keep_branch(keep->journal, keep->fork_point, keep->envelopes,
                                       keep->received_ms);
        });
        if (!kept) return;
        seat->work.pop_front();
        feed(seat, GatewaySession::BranchKept{*std::move(kept), now()});
    }
}

void Centre::commit_together() {
    std::vector<SeatPtr> waiting;
    std::vector<sync::Append> appends;
    for (const auto& seat : seats_) {
        if (seat->work.empty()) continue;
        auto* commit = std::get_if<GatewaySession::Commit>(&seat->work.front());
        if (commit == nullptr) continue;
        waiting.push_back(seat);
        appends.push_back(std::move(commit->append));
        seat->work.pop_front();
    }
    if (schedule_.one_in(10))
        std::ranges::move(std::exchange(promised_, {}), std::back_inserter(appends));
    if (appends.empty()) return;
    if (mutant_ == Mutant::mark_without_compare) forget_marks(appends);
    const auto done = on_disk([&] { return store_->commit(appends); });
    if (!done) return;
    schedule_.note(*done ? 1 : 2);
    for (std::size_t i = 0; i < waiting.size(); ++i) {
        auto appended = *done ? Result<sync::Appended>{(**done)[i]} : (*done).error();
        feed(waiting[i], GatewaySession::Committed{std::move(appended), now()});
    }
}

/// A mutant: whatever is stored, the mark is taken to be what the session expects.
void Centre::forget_marks(const std::vector<sync::Append>& appends) {
    auto database = Database::open({.file = ledger_file, .vfs = disk_.name()});
    if (!database) return;
    for (const auto& append : appends) {
        auto mark = database->prepare(
            "UPDATE journals SET mark_seq = ?2, mark_hash = ?3 WHERE journal = ?1");
        auto cut = database->prepare(
            "DELETE FROM envelopes WHERE id > ?2 + ((SELECT number FROM journals WHERE journal = "
            "?1) << ?3) AND id < ((SELECT number + 1 FROM journals WHERE journal = ?1) << ?3)");
        if (!mark || !cut) return;
        const Blob id{append.journal.value().bytes()};
        static_cast<void>(mark->run(id, append.expected.seq.value(), append.expected.hash));
        static_cast<void>(cut->run(id, append.expected.seq.value(), seq_bits));
    }
}

void Centre::project() {
    if (mutant_ == Mutant::projection_cursor_early && schedule_.one_in(3)) run_ahead();
    for (int batch = 0; batch < 20; ++batch) {
        const auto applied = on_disk([this] { return projector_->catch_up(*reading_); });
        if (!applied || !*applied || **applied == 0) return;
        schedule_.note(**applied);
    }
}

/// As sync/gateway/retention does, but of events that are minutes old.
void Centre::prune() {
    const auto rows = on_disk([this] { return reading_->journals(); });
    if (!rows || !*rows) return;
    for (const auto& row : **rows)
        if (is_running() && schedule_.one_in(3)) let_go(row);
}

void Centre::let_go(const sync::JournalRow& row) {
    const auto settled = on_disk([&] { return projector_->settled(row.journal); });
    if (!settled || !*settled || **settled <= row.kept_from) return;
    const auto most = std::min<std::uint64_t>(40, (*settled)->value() - row.kept_from.value());
    const auto run = on_disk([&] {
        return reading_->read(row.journal, row.kept_from, SIZE_MAX, 1 + schedule_.below(most));
    });
    if (!run || !*run || (*run)->empty()) return;
    for (const auto& one : **run) gone_[row.journal][one.envelope.seq] = one.hash;
    const sync::StoredEnvelope& last = (*run)->back();
    const sync::Note note{.store_epoch = epoch_,
                          .journal = row.journal,
                          .first = Seq{1},
                          .last = last.envelope.seq,
                          .hash = last.hash,
                          .time = now().wall,
                          .key_id = Bytes(8, 'k'),
                          .signature = Bytes(64, 's')};
    const sync::KeptNote checkpoint{note, {Bytes(32, 'p'), "certified"}};
    const auto done = on_disk([&] { return store_->let_go(checkpoint); });
    if (done && *done) schedule_.counts.centre_let_go += (*run)->size();
    if (done && !*done && done->error().code == Errc::corrupt)
        throw Broken{"the centre's events are not those it let go of: " + done->error().detail};
}

/// A mutant: the cursor is moved to where the projection is about to be.
void Centre::run_ahead() {
    auto database = Database::open({.file = projection_file, .vfs = disk_.name()});
    const auto rows = reading_->journals();
    if (!database || !rows) return;
    auto move = database->prepare("UPDATE journals SET cursor = ? WHERE journal = ?");
    if (!move) return;
    for (const auto& row : *rows)
        static_cast<void>(move->run(row.mark.seq.value(), Blob{row.journal.value().bytes()}));
}

bool Centre::has(const JournalId& journal, Seq seq, const Digest& hash) {
    if (!is_running()) return true;
    if (seq == Seq{0}) return true;
    const auto row = on_disk([&] { return store_->find(journal); });
    if (!row || !*row) return true;
    if (**row && seq <= (**row)->kept_from) return gone_[journal][seq] == hash;
    const auto found = on_disk([&] { return store_->hash_at(journal, seq); });
    if (!found) return true;
    if (!*found) return (*found).error().code != Errc::not_found;
    return **found == hash;
}

bool Centre::is_projected() const {
    if (!is_running()) return false;
    const auto rows = reading_->journals();
    if (!rows) return false;
    return std::ranges::all_of(*rows, [this](const sync::JournalRow& row) {
        const auto cursor = projector_->cursor(row.journal);
        return cursor && *cursor == row.mark.seq;
    });
}

}  // namespace till::sim
