#include "sync/crm/outbox.hpp"

#include <algorithm>

namespace till::sync {

using Outcome = CrmOutcome::Kind;
using Verdict = OutboxSource::Verdict;

namespace {

constexpr std::size_t late_at_once = 200;
constexpr std::uint64_t late_again_ms = 2000;

}  // namespace

Result<Outbox::Step> Outbox::step() {
    Step step;
    TILL_TRY(const auto journals, source_.projected());
    const std::size_t turns = journals.size() + 1;  // The last is of those that were late.
    const std::size_t first = turn_ % turns;
    for (std::size_t i = 0; i < turns; ++i) {
        const std::size_t turn = (first + i) % turns;
        if (turn == journals.size()) {
            TILL_TRY_VOID(hand_over_late(step));
        } else {
            TILL_TRY(const bool more, hand_over(journals[turn].first, journals[turn].second, step));
            step.busy |= more;
        }
        if (step.trouble.empty()) continue;
        step.busy = false;
        turn_ = turn + 1;
        return step;  // Most likely the CRM is away, and the others would only wait for it, too.
    }
    wait_ = options_.retry_first;
    return step;
}

void Outbox::trouble(const CrmOutcome& outcome, Step& step) {
    const bool unknown = outcome.kind == Outcome::unknown;
    step.trouble = outcome.cause.empty() ? "no answer" : outcome.cause;
    step.pause = std::max({wait_, outcome.retry_after, unknown ? connector_.settle() : wait_});
    wait_ = std::min(wait_ * 2, options_.retry_most);
}

Result<Outbox::Delivered> Outbox::deliver(std::span<const CrmEvent> events, bool doubtful,
                                          Step& step) {
    Delivered done;
    std::vector<bool> there(events.size(), false);
    if (doubtful) {
        auto known = connector_.look_up(events);
        if (!known) {
            doubtful_.insert(events.front().journal);
            trouble({.kind = Outcome::later, .cause = known.error().detail}, step);
            done.stopped = true;
            return done;
        }
        there = *std::move(known);
    }
    std::vector<CrmEvent> missing;
    for (std::size_t i = 0; i < events.size(); ++i)
        if (!there[i]) missing.push_back(events[i]);
    const auto outcomes = missing.empty() ? std::vector<CrmOutcome>{} : connector_.apply(missing);
    std::size_t next = 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (there[i]) {
            ++done.settled;
            continue;
        }
        const CrmOutcome outcome = next < outcomes.size() ? outcomes[next] : CrmOutcome{};
        ++next;
        if (outcome.kind == Outcome::refused) {
            done.refused.push_back({events[i].journal, events[i].seq, outcome.field, outcome.cause,
                                    clock_.now().wall.value()});
        } else if (outcome.kind != Outcome::applied) {
            trouble(outcome, step);
            done.stopped = true;
            if (outcome.kind == Outcome::unknown) doubtful_.insert(events[i].journal);
            return done;
        }
        if (outcome.kind == Outcome::applied) TILL_TRY_VOID(note_applied(events[i]));
        ++done.settled;
        wait_ = options_.retry_first;  // It works, if not always.
    }
    return done;
}

/// Only of those of whom the CRM was told something new: most events are sales of customers it knows.
Result<void> Outbox::note_applied(const CrmEvent& event) {
    if (event.event.has_customer_erased()) return state_.forget(event.family, event.records);
    const bool is_news = event.fresh_person.ByteSizeLong() > 0 || !event.fresh_consents.empty();
    if (!event.customer || !is_news) return {};
    return state_.agree(connector_.name(), {{*event.customer, event.agreement}});
}

Result<bool> Outbox::hand_over(const JournalId& journal, Seq upto, Step& step) {
    const auto known = reached_.find(journal);
    if (known != reached_.end() && known->second >= upto) return false;
    const std::string& name = connector_.name();
    TILL_TRY(const OutboxState::Cursor cursor, state_.cursor(name, journal));
    const std::uint64_t now = clock_.now().since_boot.value();
    if (known == reached_.end() && cursor.sending > cursor.seq) {
        doubtful_.insert(journal);
        not_before_[journal] = now + static_cast<std::uint64_t>(connector_.settle().count());
    }
    reached_.insert_or_assign(journal, cursor.seq);
    if (cursor.seq >= upto) return false;
    if (const auto until = not_before_.find(journal); until != not_before_.end()) {
        if (now < until->second) {
            step.pause = std::max(step.pause, std::chrono::milliseconds{until->second - now});
            return false;
        }
        not_before_.erase(until);
    }
    TILL_TRY(const auto candidates, source_.read(journal, cursor.seq, upto, connector_.batch_max(),
                                                 connector_.wants_person()));
    if (candidates.empty()) return false;
    std::vector<CrmEvent> events;
    for (const auto& each : candidates)
        if (each.verdict == Verdict::counts && connector_.wants(each.event.event))
            events.push_back(each.event);
    Delivered done;
    if (!events.empty()) {
        TILL_TRY_VOID(state_.begin_sending(name, journal, events.back().seq));
        const bool doubtful = doubtful_.erase(journal) > 0;
        TILL_TRY(done, deliver(events, doubtful, step));
    }
    const bool all = done.settled == events.size();
    const Seq reached = all ? candidates.back().seq : Seq{events[done.settled].seq.value() - 1};
    std::vector<Seq> late;
    for (const auto& each : candidates)
        if (each.verdict == Verdict::waits && each.seq <= reached) late.push_back(each.seq);
    if (all || reached > cursor.seq) {
        const Seq sending = all ? Seq{0} : events.back().seq;
        TILL_TRY_VOID(state_.advance(name, journal, reached, sending, late, done.refused));
        reached_.insert_or_assign(journal, reached);
    }
    return all && reached < upto;
}

/// One by one: they are few, and each may be of another journal.
Result<void> Outbox::hand_over_late(Step& step) {
    const std::uint64_t now = clock_.now().since_boot.value();
    if (late_looked_ && now < *late_looked_ + late_again_ms) return {};
    late_looked_ = now;
    const std::string& name = connector_.name();
    TILL_TRY(const auto waiting, state_.late(name, late_after_, late_at_once));
    for (const auto& [journal, seq] : waiting) {
        late_after_ = {journal, seq};
        const Seq before{seq.value() - 1};
        TILL_TRY(const auto found,
                 source_.read(journal, before, seq, 1, connector_.wants_person()));
        if (!found.empty() && found.front().verdict == Verdict::waits) continue;
        Delivered done;
        if (found.empty())
            done.refused.push_back({journal,
                                    seq,
                                    {},
                                    "the ledger has let go of this event",
                                    clock_.now().wall.value()});
        const bool counts = !found.empty() && found.front().verdict == Verdict::counts
                            && connector_.wants(found.front().event.event);
        if (counts) {  // It may have been sent before: refused, tried again, cut off.
            TILL_TRY(done, deliver(std::span{&found.front().event, 1}, true, step));
            if (done.stopped) return {};
        }
        TILL_TRY_VOID(state_.settle_late(name, journal, seq,
                                         done.refused.empty() ? nullptr : &done.refused.front()));
    }
    if (waiting.size() < late_at_once) late_after_ = {};
    return {};
}

}  // namespace till::sync
