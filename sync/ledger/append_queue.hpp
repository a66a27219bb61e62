#pragma once

#include "sync/ledger/store.hpp"
#include "sync/ledger/worker.hpp"

#include <deque>
#include <map>
#include <vector>

namespace till::sync {

/// Appends that wait for the writer, by journal. Journals take turns: a commit takes one append of
/// each in rotation until it is full. Thread: none of its own; the owner locks.
class AppendQueue {
public:
    struct Waiting {
        Append append;
        Answer<Appended> answer;
        std::size_t bytes = 0;
    };

    void push(Append append, Answer<Appended> answer);
    /// What the next commit stores, within limits::ledger_commit_*; at least one when any waits.
    std::vector<Waiting> take();

    bool empty() const { return turns_.empty(); }
    std::size_t bytes() const { return bytes_; }

private:
    std::map<JournalId, std::deque<Waiting>> waiting_;
    std::deque<JournalId> turns_;  // Each journal that waits, once.
    std::size_t bytes_ = 0;
};

}  // namespace till::sync
