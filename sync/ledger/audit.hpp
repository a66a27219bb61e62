#pragma once

#include "sync/ledger/store.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace till::sync {

/// What walking one journal's whole chain at the centre found.
struct LedgerAudit {
    struct Problem {
        Seq first{0}, last{0};  ///< The events concerned.
        std::string what;       ///< In plain words, to follow "event 7" or "events 7 to 9".
        friend bool operator==(const Problem&, const Problem&) = default;
    };
    JournalRow row;                    ///< As it was when the walk began; it ends at that mark.
    std::uint64_t events = 0;          ///< Read and recomputed.
    std::optional<Note> checkpoint{};  ///< What was let go of; the walk begins behind it.
    std::vector<Problem> problems;     ///< In order, the first 100; empty when all is well.
    bool more_problems = false;        ///< There were more than those.
    bool predecessor_missing = false;  ///< It names a journal that the centre has never seen.
    std::vector<Store::Branch> branches;

    bool whole() const { return problems.empty() && !predecessor_missing; }
    /// "1 to 48213, no holes, one chain, head 5f3a…", or the first problem and whether there are more;
    /// and how much was let go of.
    std::string summary() const;
};

/// Whether a checkpoint's signature is the centre's: not_trusted when it is not.
using CheckNote = std::function<Result<void>(const KeptNote&)>;

/// Recomputes every link from the stored envelopes and compares it with what is stored: holes,
/// changed bytes, changed hashes, a mark that disagrees. Goes on behind each, so that one changed row
/// is one problem. Constant memory; reads about a megabyte at a time and holds no transaction in
/// between, so that nobody waits for it; what is let go of meanwhile makes it begin anew. Of a journal
/// whose beginning was let go of it walks the rest, which must follow on a checkpoint that `is_ours`.
///
/// `go_on` is asked after each piece; false ends the walk with abandoned. Fails with not_found, and as
/// the store does when even the journal's row cannot be read.
Result<LedgerAudit> audit(Store& store, const JournalId& journal, const CheckNote& is_ours,
                          const std::function<bool()>& go_on);

}  // namespace till::sync
