#pragma once

#include "sync/ledger/audit.hpp"
#include "sync/ledger/worker.hpp"

#include <atomic>
#include <functional>
#include <memory>

namespace till::sync {

/// Walks journals' chains for administrators, one after the other, on a thread and a reading store of
/// its own: the loops, the ledger's threads and the devices go on meanwhile. The thread is a low
/// priority one; the store is open only while a journal is walked.
///
/// Thread: any. Stop and join the callers before destroying it, as with Ledger.
class Auditor {
public:
    using OpenStore = std::function<Result<std::unique_ptr<Store>>()>;
    Auditor(OpenStore open, CheckNote is_ours)
        : open_{std::move(open)}, is_ours_{std::move(is_ours)} {}

    /// As audit() of sync/ledger; abandoned after stop().
    asio::awaitable<Result<LedgerAudit>> audit(JournalId journal);
    /// Ends the walk under way within a piece of it, and every later one at once.
    void stop() { stopping_ = true; }

private:
    OpenStore open_;
    CheckNote is_ours_;
    std::atomic<bool> stopping_{false};
    Worker worker_;  // Last: its work uses the others.
};

}  // namespace till::sync
