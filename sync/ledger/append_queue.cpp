#include "sync/ledger/append_queue.hpp"

#include "agent/core/limits.hpp"

namespace till::sync {

void AppendQueue::push(Append append, Answer<Appended> answer) {
    std::size_t bytes = 0;
    for (const Envelope& envelope : append.envelopes)
        bytes += envelope.body.size() + envelope.sealed.size();
    bytes_ += bytes;
    const JournalId journal = append.journal;
    auto& queue = waiting_[journal];
    if (queue.empty()) turns_.push_back(journal);
    queue.push_back({std::move(append), std::move(answer), bytes});
}

std::vector<AppendQueue::Waiting> AppendQueue::take() {
    std::vector<Waiting> taken;
    std::size_t bytes = 0, records = 0;
    while (!turns_.empty()) {
        const JournalId journal = turns_.front();
        auto& queue = waiting_[journal];
        Waiting& first = queue.front();
        bytes += first.bytes;
        records += first.append.envelopes.size();
        const bool full =
            bytes > limits::ledger_commit_bytes_max || records > limits::ledger_commit_records_max;
        if (full && !taken.empty()) break;
        bytes_ -= first.bytes;
        taken.push_back(std::move(first));
        queue.pop_front();
        turns_.pop_front();
        if (queue.empty()) {
            waiting_.erase(journal);
        } else {
            turns_.push_back(journal);
        }
    }
    return taken;
}

}  // namespace till::sync
