#pragma once

#include "agent/journal/journal_core.hpp"

#include <optional>
#include <span>
#include <vector>

// Private to the module, and for the simulator and crash tests, which run it on a disk of theirs.
namespace till::detail {

/// A journal and what to do when its disk fails: a commit whose outcome is unknown is looked up in the
/// database, opened anew and made durable, before anything is answered. Blocks; the disk thread and
/// the simulator drive it. Thread: one at a time.
class Committer {
public:
    Committer(JournalCore core, JournalCore::Options options, Clock& clock)
        : options_{std::move(options)}, clock_{clock}, core_{std::move(core)} {}

    /// One result for each draft, in order. What is Stored is durable; an error other than
    /// outcome_unknown means that it is known not to be stored.
    std::vector<Result<Stored>> commit(std::span<const Draft> drafts);

    /// The journal to read from or acknowledge in, opened again where it has to be; null while it
    /// cannot be.
    JournalCore* ready();
    /// As it is, without I/O; null while it is closed.
    const JournalCore* peek() const { return core_ ? &*core_ : nullptr; }

    JournalCore::Maintenance maintenance() const;  ///< Of an open journal; no I/O.
    void maintain();                               ///< As JournalCore's; only when it is open.
    void checkpoint();
    /// The database was seen to contradict itself.
    bool damaged() const { return damaged_; }

private:
    bool reopen();
    std::vector<Result<Stored>> look_up(std::span<const Draft> drafts, const Error& failure);
    void keep(const Result<void>& done);  // Lets go of a core whose maintenance failed.

    JournalCore::Options options_;
    Clock& clock_;
    std::optional<JournalCore> core_;
    bool damaged_ = false;
    bool unsure_ = false;  // A sync may have failed: what can be read may not be on disk.
};

}  // namespace till::detail
