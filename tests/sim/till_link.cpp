#include "agent/core/match.hpp"
#include "tests/sim/till.hpp"

#include <algorithm>

// A till's connections to the centre: what sync/uplink and agent/daemon are in the product.
namespace till::sim {

using sync::UplinkSession;

void Till::dial(Open& journal) {
    if (journal.session || is_finished(journal) || schedule_.one_in(3)) return;
    auto* core = journal.disk->ready();
    if (core == nullptr) return;
    auto wire = centre_.dial(device_);
    if (!wire) return;
    const Head head = core->head();
    auto acknowledged = core->acknowledged();
    UplinkSession::Options said{.journal = journal.identity.journal,
                                .device = device_,
                                .predecessor = journal.identity.predecessor,
                                .generation = journal.identity.generation,
                                .store = "12",
                                .workstation = prefix_.substr(3),
                                .agent_version = "sim",
                                .head = {head.seq, head.hash},
                                .acknowledged = acknowledged.seq,
                                .store_epoch = std::move(acknowledged.store_epoch),
                                .kept_from = core->kept_from().seq};
    journal.session.emplace(std::move(said));
    journal.wire = wire;
    wire->till.receive = [this, run = which_run(), &journal](Bytes message) {
        if (run == which_run()) feed(journal, sync::Received{std::move(message), clock_.now()});
    };
    wire->till.closed = [this, run = which_run(), &journal, mine = wire.get()] {
        if (run == which_run() && journal.wire.get() == mine) hang_up(journal, false);
    };
    feed(journal, UplinkSession::Connected{clock_.now()});
}

void Till::hang_up(Open& journal, bool with_notice) {
    if (journal.wire) close(schedule_, journal.wire, journal.wire->till, with_notice);
    journal.wire.reset();
    journal.session.reset();
}

void Till::feed(Open& journal, UplinkSession::Event event) {
    if (!is_running() || !journal.session) return;
    for (auto& action : journal.session->on(std::move(event))) {
        if (!is_running()) return;
        perform(journal, action);
    }
}

void Till::perform(Open& journal, UplinkSession::Action& action) {
    const auto read = [this, &journal](auto ask, auto answer) {
        later(schedule_.below(4), [this, &journal, ask, answer] {
            if (!journal.session) return;
            auto* core = journal.disk->ready();
            if (core == nullptr) return hang_up(journal, true);
            auto found = on_disk([&] { return ask(*core); });
            if (!found) return;
            if (!*found && found->error().code == Errc::corrupt) {
                if (&journal == &current()) return set_aside_current(found->error().detail);
                damaged_.push_back(journal.identity.journal);
                book_.set_back(number_, journal.identity.journal, Seq{0});
                return hang_up(journal, true);
            }
            feed(journal, answer(*std::move(found)));
        });
    };
    std::visit(Match{[&](sync::Send& send) {
                         if (journal.wire)
                             sim::send(schedule_, journal.wire, journal.wire->centre,
                                       std::move(send.message));
                     },
                     [&](sync::Hangup& hangup) {
                         if (hangup.reason == sync::Reason::violation)
                             throw Broken{"the till calls a violation: " + hangup.detail};
                         tell("hangs up: " + hangup.detail);
                         hang_up(journal, true);
                     },
                     [&](UplinkSession::ReadRecords& wanted) {
                         read(
                             [wanted](JournalCore& core) {
                                 return core.read(wanted.from, wanted.bytes_max,
                                                  wanted.records_max);
                             },
                             [this](auto found) {
                                 return UplinkSession::RecordsRead{std::move(found), clock_.now()};
                             });
                     },
                     [&](UplinkSession::ReadHash& wanted) {
                         read([wanted](JournalCore& core) { return core.hash_at(wanted.at); },
                              [this](auto found) {
                                  return UplinkSession::HashRead{std::move(found), clock_.now()};
                              });
                     },
                     [&](UplinkSession::Acknowledge& wanted) { acknowledge(journal, wanted); },
                     [&](UplinkSession::Forked&) { fork(journal); },
                     [&](UplinkSession::Retired& retired) {
                         retired_[journal.identity.journal] = retired.store_epoch;
                     },
                     [](auto&) {}},
               action);
}

void Till::acknowledge(Open& journal, const UplinkSession::Acknowledge& action) {
    auto* core = journal.disk->ready();
    if (core == nullptr) return;
    const auto hash = on_disk([&] { return core->hash_at(action.seq); });
    if (!hash || !*hash) return;
    if (action.store_epoch == centre_.epoch()) {
        if (!centre_.has(journal.identity.journal, action.seq, **hash))
            throw Broken{"event " + std::to_string(action.seq.value()) + " of journal "
                         + journal.identity.journal.value().text().substr(0, 8)
                         + " was acknowledged and is not stored"};
        book_.acknowledged(journal.identity.journal, action.seq, **hash, action.store_epoch);
    }
    const bool early = mutant_ == Mutant::outbox_cursor_early;
    const JournalCore::Acknowledged noted{early ? core->head().seq : action.seq,
                                          action.store_epoch};
    schedule_.note(noted.seq.value());
    on_disk([&] { return core->acknowledge(noted); });
    if (lets_go_ && is_running() && action.store_epoch == centre_.epoch())
        confirm(*core, {action.seq, **hash}, action.store_epoch);
}

/// The centre's note of what it holds, and some idle time to make use of it.
void Till::confirm(JournalCore& core, const sync::Mark& mark, const Bytes& epoch) {
    sync::KeptNote kept;
    kept.note.store_epoch = epoch;
    kept.note.journal = core.identity().journal;
    kept.note.last = mark.seq;
    kept.note.hash = mark.hash;
    kept.note.time = WallTime{static_cast<std::int64_t>(schedule_.now())};
    if (!on_disk([&] { return core.keep_note(kept); })) return;
    core.let_go({.age = std::chrono::milliseconds{schedule_.below(20'000)}, .upto = mark.seq});
}

void Till::note_let_go(const Open& journal) {
    const auto* core = journal.disk->peek();
    if (core == nullptr || core->kept_from().seq == Seq{0}) return;
    schedule_.note(core->kept_from().seq.value());
    schedule_.counts.let_go += book_.let_go(
        number_, journal.identity.journal, core->kept_from().seq, core->acknowledged().store_epoch);
}

/// The agent begins a new journal and starts anew behind the same door.
void Till::fork(Open& journal) {
    tell("has a fork of journal " + journal.identity.journal.value().text().substr(0, 8));
    if (journal.forked || &journal != &current()) return;
    journal.forked = true;
    if (!begin_journal() && !is_running()) return;
    for (auto& one : open_) hang_up(*one, true);
    restart_after(10);
}

void Till::set_aside_current(const std::string& why) {
    tell("sets its journal aside: " + why);
    damaged_.push_back(current().identity.journal);
    book_.set_back(number_, current().identity.journal, Seq{0});
    fork(current());
}

bool Till::is_finished(const Open& journal) const {
    const auto is_damaged = std::ranges::find(damaged_, journal.identity.journal) != damaged_.end();
    const auto retired = retired_.find(journal.identity.journal);
    return is_damaged || (retired != retired_.end() && retired->second == centre_.epoch());
}

std::string Till::why_not_drained() const {
    const std::string me = "till " + std::to_string(number_);
    if (!is_running()) return me + " is not running";
    if (has_open_requests()) return me + " has unanswered requests";
    for (const auto& journal : open_) {
        if (is_finished(*journal)) continue;
        const auto* core = journal->disk->ready();
        if (core == nullptr) return me + " cannot open a journal";
        const auto acknowledged = core->acknowledged();
        if (acknowledged.seq != core->head().seq || acknowledged.store_epoch != centre_.epoch())
            return me + " has not handed over events "
                   + std::to_string(acknowledged.seq.value() + 1) + " to "
                   + std::to_string(core->head().seq.value()) + " of journal "
                   + journal->identity.journal.value().text().substr(0, 8);
    }
    return {};
}

}  // namespace till::sim
