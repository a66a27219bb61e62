#include "agent/core/hex.hpp"
#include "sync/session/gateway_impl.hpp"
#include "sync/session/verified_batch.hpp"

#include <algorithm>

namespace till::sync {

namespace {
constexpr std::chrono::milliseconds retry_when_store_fails{5000};
constexpr std::chrono::milliseconds hold_least{1000}, hold_most{30'000};
// Telling the device of every few bytes regained would cost more than it gives.
constexpr std::uint64_t credit_step = limits::window_bytes / 4;
}  // namespace

Reason reason_for(const Error& error) {
    switch (error.code) {
        case Errc::unsupported:
            return Reason::unsupported;
        case Errc::out_of_range:
            return Reason::too_large;
        default:
            return Reason::violation;
    }
}

void GatewaySession::Impl::tell_credit() {
    granted = grantable();
    v1::Frame credit = frame();
    credit.mutable_credit()->set_credit_bytes(granted);
    out.push_back(send(credit));
}

void GatewaySession::Impl::tell_fork(std::uint64_t kept) {
    v1::Frame answer = frame();
    answer.mutable_fork()->set_mark(verified.seq.value());
    answer.mutable_fork()->set_mark_hash(Bytes{view(verified.hash)});
    answer.mutable_fork()->set_kept(kept);
    out.push_back(send(answer));
}

/// Takes the oldest of `queue` as done; nothing when the shell answers what was never asked.
std::optional<GatewaySession::Impl::Pending> GatewaySession::Impl::release(
    std::deque<Pending>& queue) {
    if (queue.empty()) return std::nullopt;
    const Pending done = queue.front();
    queue.pop_front();
    pending_bytes -= done.raw_bytes;
    return done;
}

void GatewaySession::Impl::take(const v1::Batch& batch) {
    received += raw_bytes(batch);
    const bool crowded =
        std::max(committing.size() - in_vain, keeping.size()) >= limits::batches_in_flight_max;
    if (received > granted || crowded) {
        return hang_up(Reason::violation, "more than the credit or the window allows");
    }
    if (!batch.branch_base().empty()) return take_branch(batch);
    // After a fork or before a resend, what was under way already is ignored; the device has it.
    if (step == Step::forked) return tell_credit();
    if (batch.first_seq() == next(verified.seq).value()) return take_next(batch);
    if (batch.first_seq() <= verified.seq.value()) {
        return hang_up(Reason::violation, "a batch for what was sent before");
    }
    if (!resending) {
        resending = true;
        v1::Frame again = frame();
        again.mutable_resend()->set_from(next(verified.seq).value());
        out.push_back(send(again));
    }
    tell_credit();
}

void GatewaySession::Impl::take_next(const v1::Batch& batch) {
    auto run = verify_batch(batch, journal, verified);
    if (!run && run.error().code == Errc::not_trusted) {
        step = Step::forked;
        tell_fork(0);
        return tell_credit();
    }
    if (!run) return hang_up(reason_for(run.error()), "batch: " + run.error().detail);
    resending = false;
    verified = run->after;
    committing.push_back({raw_bytes(batch), run->after});
    pending_bytes += raw_bytes(batch);
    Commit commit;
    commit.append.journal = journal;
    commit.append.expected = run->before;
    commit.append.result = run->after;
    commit.append.envelopes = std::move(run->envelopes);
    commit.append.hashes = std::move(run->hashes);
    commit.append.received_ms = now.wall.value();
    for (const Envelope& envelope : commit.append.envelopes)
        commit.append.clocks.push_back(clock.when_read(envelope.times, now));
    out.push_back(std::move(commit));
}

void GatewaySession::Impl::take_branch(const v1::Batch& batch) {
    const auto base = to_digest(batch.branch_base());
    if (!base || batch.first_seq() == 0) return hang_up(Reason::violation, "batch: branch base");
    const Mark before{Seq{batch.first_seq() - 1}, *base};
    auto run = verify_batch(batch, journal, before);
    if (!run) return hang_up(reason_for(run.error()), "branch: " + run.error().detail);
    step = Step::forked;
    keeping.push_back({raw_bytes(batch), run->after});
    pending_bytes += raw_bytes(batch);
    out.push_back(KeepBranch{journal, before, std::move(run->envelopes), now.wall.value()});
}

void GatewaySession::Impl::take(const Committed& e) {
    const auto done = release(committing);
    if (!done) return;
    if (in_vain > 0) return void(--in_vain);
    if (!e.appended) return hold(e.appended.error());
    if (!e.appended->won) return hang_up(Reason::overtaken, "another session was faster");
    v1::Frame answer = frame();
    v1::Ack& ack = *answer.mutable_ack();
    ack.set_mark(done->end.seq.value());
    if (grantable() >= granted + credit_step) ack.set_credit_bytes(granted = grantable());
    out.push_back(send(answer));
    committed = done->end;
    held = {};
    if (committing.empty()) send_note_when_due();
}

void GatewaySession::Impl::tell_hold(const std::string& reason,
                                     std::chrono::milliseconds retry_after) {
    v1::Frame asked = frame();
    asked.mutable_hold()->set_reason(reason);
    asked.mutable_hold()->set_retry_after_ms(static_cast<std::uint64_t>(retry_after.count()));
    out.push_back(send(asked));
}

/// Nothing of the commit was stored: the device waits, each time longer, then sends again all that
/// follows on the mark. What is under way already follows on nothing.
void GatewaySession::Impl::hold(const Error& why) {
    const bool stored_nothing =
        why.code == Errc::disk_full || why.code == Errc::io || why.code == Errc::busy;
    if (!stored_nothing || step == Step::forked)
        return hang_up(Reason::unavailable, "store", retry_when_store_fails);
    held = std::clamp(2 * held, hold_least, hold_most);
    in_vain = committing.size();
    verified = committed;
    resending = true;
    tell_hold(std::string{name(why.code)}, held);
    v1::Frame again = frame();
    again.mutable_resend()->set_from(next(verified.seq).value());
    out.push_back(send(again));
    tell_credit();
}

void GatewaySession::Impl::take(const BranchKept& e) {
    const auto done = release(keeping);
    if (!done) return;
    if (!e.branch) return hang_up(Reason::unavailable, "store", retry_when_store_fails);
    tell_fork(done->end.seq.value());
    tell_credit();
}

}  // namespace till::sync
