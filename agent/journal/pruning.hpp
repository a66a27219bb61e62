#pragma once

#include "agent/journal/rows.hpp"

#include <chrono>

namespace till::detail {

/// Lets go of the beginning of a journal: what the centre confirmed long ago need not stay on the device.
/// Of each event remain its key, its numbers and what an answer is made of, for ever; of the chain, the
/// hash after the last one let go of (the checkpoint), which the centre's signed notes prove.
///
/// How long ago is told by two clocks, the centre's in its notes and the device's when they came: a clock
/// that leaps costs nothing as long as the other does not.
class Pruning {
public:
    static Result<Pruning> prepare(Database& database);

    const Head& checkpoint() const { return checkpoint_; }

    /// Remembers when the centre had confirmed how much, unless it did less than `interval` before.
    Result<void> note(const sync::Note& note, WallTime heard, std::chrono::milliseconds interval);
    /// The last event that the store of `newest` had confirmed at least `age` before it and before `now`.
    Result<Seq> confirmed_before(const sync::Note& newest, WallTime now,
                                 std::chrono::milliseconds age);

    /// Deletes the events up to `upto`, records_max at most. corrupt, and nothing is deleted, when they are not
    /// all there or their chain does not hold. The caller owns the transaction, and calls let_go() once it
    /// has committed.
    static constexpr std::size_t records_max = 256;
    Result<Head> remove(JournalRows& rows, const JournalId& journal, Seq upto);
    void let_go(const Head& checkpoint) { checkpoint_ = checkpoint; }

private:
    Head checkpoint_;
    Statement newest_, put_, confirmed_, forget_, keep_, delete_, move_;
};

/// The few fields of a serialised Event that the answer to its capture is made of.
Bytes remnant(std::string_view body);

}  // namespace till::detail
