#include "agent/journal/chain_walk.hpp"

#include "agent/core/hex.hpp"
#include "sync/wire/chain.hpp"

#include <algorithm>

namespace till::detail {

ChainWalk::ChainWalk(const JournalId& journal, const Head& head)
    : journal_{journal}, last_{Seq{0}, sync::genesis(journal)} {
    found_.head = head;
}

void ChainWalk::add(const sync::Envelope& envelope, const Digest& stored) {
    const Seq expected = next(last_.seq);
    ++found_.events;
    if (envelope.seq != expected) {
        const Seq upto{envelope.seq.value() - 1};
        problem(expected, upto == expected
                              ? "is missing"
                              : "is missing, and so are all up to " + std::to_string(upto.value()));
    } else if (sync::chain_hash(last_.hash, journal_, envelope) != stored) {
        problem(envelope.seq, "its bytes, its hash or the hash before it have been changed");
    }
    last_ = {envelope.seq, stored};
    compare_with_notes();
}

void ChainWalk::let_go(const Head& checkpoint) {
    if (checkpoint.seq <= last_.seq) return;
    found_.kept_from = last_ = checkpoint;
    compare_with_notes();
}

void ChainWalk::compare_with_notes() {
    for (const Head& note : noted_)
        if (note.seq == last_.seq) proved_ |= note.hash == last_.hash;
}

void ChainWalk::unreadable(const std::string& why) {
    readable_ = false;
    problem(next(last_.seq), "cannot be read: " + why);
}

void ChainWalk::beyond_head(Seq seq) { problem(seq, "lies beyond the head"); }

Verification ChainWalk::finish() {
    const Head& head = found_.head;
    if (readable_ && last_.seq < head.seq)
        problem(next(last_.seq),
                "is missing, and so are all up to the head " + std::to_string(head.seq.value()));
    else if (readable_ && last_.seq == head.seq && last_.hash != head.hash)
        problem(head.seq, "the head row says " + hex(head.hash) + ", the event " + hex(last_.hash));
    const Seq kept_from = found_.kept_from.seq;
    if (kept_from > Seq{0} && !proved_)
        problem(kept_from,
                "all up to here were let go of, and no note of the centre's proves this chain");
    std::ranges::stable_sort(found_.problems, {}, &Verification::Problem::seq);
    return std::move(found_);
}

void ChainWalk::problem(Seq seq, std::string what) {
    constexpr std::size_t problems_max = 100;
    if (found_.problems.size() < problems_max) found_.problems.push_back({seq, std::move(what)});
}

}  // namespace till::detail
