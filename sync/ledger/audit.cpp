#include "sync/ledger/audit.hpp"

#include "agent/core/hex.hpp"
#include "sync/ledger/run.hpp"
#include "sync/wire/chain.hpp"

#include <algorithm>

namespace till::sync {

namespace {

constexpr std::size_t piece_bytes = 1024 * 1024;
constexpr std::size_t piece_records = 2048;
constexpr std::size_t problems_max = 100;

/// Follows a chain event by event and writes down what is wrong.
class Walk {
public:
    Walk(const JournalRow& row, const Mark& from)
        : at_{from.seq}, stored_{from.hash}, computed_{stored_}, mark_{row.mark} {
        found_.row = row;
    }

    Seq at() const { return at_; }
    bool is_done() const { return at_ >= mark_.seq; }

    void add(const StoredEnvelope& row) {
        const Seq seq = row.envelope.seq;
        ++found_.events;
        if (const Seq expected = next(at_); seq != expected) {
            settle(stored_);
            problem({expected, Seq{seq.value() - 1}, "missing"});
            computed_ = row.hash;  // What it should be cannot be known behind a hole.
        } else {
            follow(row);
        }
        at_ = seq;
        stored_ = row.hash;
    }

    void unreadable(const Error& error) {
        settle(stored_);
        problem({next(at_), mark_.seq, "not readable (" + error.detail + ")"});
        at_ = mark_.seq;
        stored_ = computed_ = mark_.hash;
    }

    LedgerAudit finish() {
        if (at_ < mark_.seq) {
            settle(stored_);
            problem({next(at_), mark_.seq, "missing"});
        } else if (doubted_) {
            settle(mark_.hash);
        }
        if (at_ == mark_.seq && stored_ != mark_.hash && computed_ != mark_.hash)
            problem({at_, at_, "not what the journal's mark says: that is " + hex(mark_.hash)});
        return std::move(found_);
    }

    void problem(LedgerAudit::Problem one) {
        if (found_.problems.size() < problems_max)
            found_.problems.push_back(std::move(one));
        else
            found_.more_problems = true;
    }

private:
    void follow(const StoredEnvelope& row) {
        const JournalId& journal = found_.row.journal;
        const Digest link = chain_hash(stored_, journal, row.envelope);
        if (link == row.hash) {
            settle(stored_);
            computed_ = link;
            return;
        }
        const Digest right = chain_hash(computed_, journal, row.envelope);
        settle(right == row.hash ? computed_ : stored_);
        if (right != row.hash) doubted_ = row.envelope.seq;
        computed_ = right == row.hash ? right : link;
    }

    /// What follows the event in doubt tells which of its two halves was changed.
    void settle(const Digest& followed) {
        if (!doubted_) return;
        const Seq seq = *doubted_;
        doubted_.reset();
        const bool hash = followed == computed_ && followed != stored_;
        problem({seq, seq,
                 hash ? "changed: its stored hash is not that of its bytes, which are right"
                      : "changed: its bytes, or the hash before it, are not what was stored"});
    }

    LedgerAudit found_;
    Seq at_;
    Digest stored_;    // The hash stored with the event before …
    Digest computed_;  // … and what it should be.
    std::optional<Seq> doubted_;
    Mark mark_;
};

std::string range(Seq first, Seq last) {
    if (first == last) return "event " + std::to_string(first.value()) + " is ";
    return "events " + std::to_string(first.value()) + " to " + std::to_string(last.value())
           + " are ";
}

/// A device that had let go of what a restored centre lost could only hand over what came after.
void name_gap(LedgerAudit& found) {
    if (found.branches.empty()) return;
    const Seq begins = std::ranges::min_element(found.branches, {}, &Store::Branch::first)->first;
    const Seq lost = next(found.row.mark.seq);
    if (begins <= lost) return;
    found.problems.push_back(
        {lost, Seq{begins.value() - 1},
         "lost: this centre came back without them, and the device had let go of them"});
}

}  // namespace

std::string LedgerAudit::summary() const {
    if (problems.empty() && row.mark.seq == Seq{0}) return "empty";
    if (problems.empty()) {
        std::string said = "1 to " + std::to_string(row.mark.seq.value())
                           + ", no holes, one chain, head " + hex(row.mark.hash);
        if (checkpoint)
            said += "; 1 to " + std::to_string(checkpoint->last.value())
                    + " were let go of, as a signed checkpoint says";
        return said;
    }
    const Problem& first = problems.front();
    std::string said = range(first.first, first.last) + first.what;
    if (problems.size() > 1)
        said += "; and " + std::to_string(problems.size() - 1) + " more"
                + (more_problems ? ", at least" : "");
    return said;
}

namespace {

/// One walk from the checkpoint, if there is one, to the mark.
Result<LedgerAudit> walk_once(Store& store, const JournalRow& row, const CheckNote& is_ours,
                              const std::function<bool()>& go_on) {
    const JournalId& journal = row.journal;
    const auto checkpoint = store.checkpoint(journal);
    Walk walk{row, checkpoint ? detail::beginning(journal, *checkpoint)
                              : Mark{row.kept_from, genesis(journal)}};
    if (!checkpoint)
        walk.problem(
            {Seq{1}, row.kept_from,
             "let go of, but the checkpoint is not readable (" + checkpoint.error().detail + ")"});
    else if (*checkpoint) {
        const Note& note = (*checkpoint)->note;
        auto ours = is_ours(**checkpoint);
        if (note.journal != journal || note.last != row.kept_from)
            ours = Error{Errc::corrupt, "it speaks of others"};
        if (!ours)
            walk.problem({Seq{1}, row.kept_from,
                          "let go of, but the checkpoint is not the centre's ("
                              + ours.error().detail + ")"});
    }
    while (!walk.is_done()) {
        if (!go_on()) return Error{Errc::abandoned, "stopping"};
        auto piece = store.read(journal, walk.at(), piece_bytes, piece_records);
        // One by one up to what cannot be read, so that exactly that is named.
        if (!piece) piece = store.read(journal, walk.at(), 1, 1);
        if (!piece) {
            walk.unreadable(piece.error());
            break;
        }
        // What came in since the walk began has its own turn.
        const auto came_later = [&](const StoredEnvelope& one) {
            return one.envelope.seq > row.mark.seq;
        };
        std::erase_if(*piece, came_later);
        if (piece->empty()) break;
        for (const StoredEnvelope& one : *piece) walk.add(one);
    }
    LedgerAudit found = walk.finish();
    if (checkpoint && *checkpoint) found.checkpoint = (*checkpoint)->note;
    return found;
}

Result<JournalRow> known(Store& store, const JournalId& journal) {
    TILL_TRY(auto row, store.find(journal));
    if (!row) return Error{Errc::not_found, "no journal " + journal.value().text()};
    return *std::move(row);
}

}  // namespace

Result<LedgerAudit> audit(Store& store, const JournalId& journal, const CheckNote& is_ours,
                          const std::function<bool()>& go_on) {
    LedgerAudit found;
    TILL_TRY(JournalRow now, known(store, journal));
    for (Seq walked_from{~0ULL}; walked_from != now.kept_from;) {
        walked_from = now.kept_from;
        TILL_TRY(found, walk_once(store, now, is_ours, go_on));
        TILL_TRY(now, known(store, journal));
    }
    if (found.row.predecessor) {
        TILL_TRY(const auto before, store.find(*found.row.predecessor));
        found.predecessor_missing = !before;
    }
    TILL_TRY(found.branches, store.branches(journal));
    name_gap(found);
    return found;
}

}  // namespace till::sync
