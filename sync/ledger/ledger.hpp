#pragma once

#include "sync/ledger/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>

namespace till::sync {

namespace asio = boost::asio;

/// What has been committed since a cursor: where each journal that moved now stands.
struct News {
    std::uint64_t cursor = 0;
    std::vector<std::pair<JournalId, Mark>> journals;
};

/// The centre's store as its loops see it: the promises of Store, with group commit.
///
/// All appends that wait at the same time, of however many journals, share one durable commit
/// (bounded by limits::ledger_commit_*), and each is answered on its own. Journals take turns, so
/// one device with a long backlog does not keep the others waiting.
///
/// Thread: every function may be called from any loop or strand; the answer comes back on the
/// caller's executor. Two threads of its own do the blocking work: one owns the writing store, one
/// the reading store. A call cannot be cancelled, except wait_for_news(). Answers in flight need
/// their io_context: stop and join the callers before destroying it.
class Ledger {
public:
    /// Two stores on the same data: one that only this object writes with, one it only reads with.
    Ledger(std::unique_ptr<Store> writing, std::unique_ptr<Store> reading);
    ~Ledger();  ///< Commits and answers what waits, then joins.

    Bytes epoch() const;

    /// Why nothing is being stored, and since when; none while commits succeed. Both changes are logged.
    struct Trouble {
        Error why;
        std::chrono::steady_clock::time_point since;
    };
    std::optional<Trouble> trouble() const;

    /// Durable when it returns `won`. disk_full and io mean "hold": nothing was stored. busy when
    /// limits::ledger_waiting_bytes_max wait already. outcome_unknown: look the mark up.
    asio::awaitable<Result<Appended>> commit(Append append);
    /// Store::bind(). On a full disk a journal that is known may come in all the same.
    asio::awaitable<Result<JournalRow>> bind(JournalRow first_hello);
    asio::awaitable<Result<std::uint32_t>> keep_branch(JournalId journal, Mark fork_point,
                                                       std::vector<Envelope> envelopes,
                                                       std::int64_t received_ms);

    /// One step of it (Store::let_go); appends that wait go first or after.
    asio::awaitable<Result<void>> let_go(KeptNote checkpoint);

    /// Store::erase_sealed().
    asio::awaitable<Result<void>> erase_sealed(JournalId journal, std::vector<Seq> events);

    asio::awaitable<Result<std::optional<JournalRow>>> find(JournalId journal);
    asio::awaitable<Result<std::vector<JournalRow>>> journals();
    asio::awaitable<Result<std::vector<Store::Branch>>> branches(JournalId journal);
    asio::awaitable<Result<std::vector<StoredEnvelope>>> read(JournalId journal, Seq from,
                                                              std::size_t bytes_max,
                                                              std::size_t records_max);
    asio::awaitable<Result<Digest>> hash_at(JournalId journal, Seq seq);

    /// Waits until something is committed after `cursor` (0: since this object was made) and says
    /// which journals moved. A consumer first catches up from journals(), with the cursor it read
    /// before asking. Cancellable: abandoned.
    asio::awaitable<Result<News>> wait_for_news(std::uint64_t cursor);
    std::uint64_t news_cursor() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace till::sync
