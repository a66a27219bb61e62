#pragma once

#include "agent/journal/committer.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace till::detail {

/// The one thread that touches the disk: it takes all captures that wait, commits them together, and
/// between two commits answers one question or, when the till is idle, tidies the database. A question
/// comes after every capture handed over before it.
class DiskThread {
public:
    using Done = std::move_only_function<void(Result<Stored>)>;
    using Answer = std::move_only_function<void()>;

    struct Captures {
        std::vector<Draft> drafts;
        std::vector<Done> done;  ///< One for each draft.
        std::size_t size() const { return drafts.size(); }
    };
    /// What a batch came to, and where the journal stands now.
    struct Committed {
        std::vector<Result<Stored>> results;
        std::vector<Done> done;
        Head head;
        std::optional<Bytes> state;  ///< When it changed.
        bool damaged = false;        ///< The database contradicts itself.
    };
    /// Runs on the disk thread; the core is null while the journal cannot be opened. What it returns
    /// goes to `deliver`.
    using Question = std::move_only_function<Answer(JournalCore*)>;

    struct Deliver {
        std::function<void(Committed)> committed;  ///< Called on the disk thread, as is the other.
        std::function<void(Answer)> answered;
    };

    DiskThread(JournalCore core, JournalCore::Options options, Clock& clock, Deliver deliver);
    DiskThread(const DiskThread&) = delete;
    ~DiskThread();  ///< Works off what it was given, then joins.

    void capture(Captures&& captures);
    void ask(Question question);

private:
    void run();
    bool wait_for_work(std::unique_lock<std::mutex>& lock);  // False: nothing came, and it is idle.
    Captures take_captures();
    bool next_is_due() const;  // Has the oldest question waited for the captures before it?
    void commit(Captures captures);

    Deliver deliver_;
    Committer journal_;  // The disk thread's, once it runs.
    std::chrono::steady_clock::time_point last_capture_;

    std::mutex mutex_;  // Guards what follows.
    std::condition_variable wake_;
    Captures waiting_;
    struct Asked {
        Question question;
        std::uint64_t behind;  // Asked when so many captures had been handed over.
    };
    std::deque<Asked> questions_;
    std::uint64_t handed_over_ = 0, taken_ = 0;
    bool stop_ = false;

    std::thread thread_;  // Last: starts when everything else is there.
};

}  // namespace till::detail
