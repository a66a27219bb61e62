#pragma once

#include "agent/core/result.hpp"
#include "agent/journal/journal_core.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace till {

namespace asio = boost::asio;

/// The journal as the agent's loop sees it: the same promises as JournalCore, with group commit.
///
/// A record is *durable* once append() has returned, and not before. Callers print the receipt
/// after that, never ahead of it. All captures that wait at the same time share one commit.
///
/// Thread: call from the loop of `executor`. fsync can take 50 ms on a till's eMMC, so the work
/// runs on the journal's own disk thread and the loop keeps turning.
class Journal {
public:
    /// `clock` is read on the disk thread, too.
    Journal(asio::any_io_executor executor, JournalCore core, JournalCore::Options options,
            Clock& clock);
    Journal(const Journal&) = delete;
    ~Journal();  ///< Stores what was handed over, then joins the thread. Destroy it on the loop.

    /// An append cannot be cancelled: what was handed over is stored even when nobody waits any
    /// more. After an I/O error the journal reopens itself and looks the key up; when even that
    /// fails the answer is outcome_unknown. busy when limits::waiting_captures_max wait already.
    asio::awaitable<Result<Stored>> append(Draft draft);

    /// What (caller, key) stored, if anything. Looks behind every capture handed to the disk so far.
    asio::awaitable<Result<std::optional<Stored>>> find(std::string caller, std::string key);
    /// As JournalCore::event.
    asio::awaitable<Result<sync::Envelope>> event(Stored stored);

    asio::awaitable<Result<std::vector<sync::Envelope>>> read(Seq from, std::size_t bytes_max,
                                                              std::size_t records_max);
    asio::awaitable<Result<Digest>> hash_at(Seq seq);
    asio::awaitable<Result<void>> acknowledge(JournalCore::Acknowledged acknowledged);
    asio::awaitable<Result<void>> keep_note(sync::KeptNote kept);
    /// As JournalCore::let_go; to be said anew now and then, since a journal that failed forgets it.
    asio::awaitable<Result<void>> let_go(JournalCore::Retention what);
    asio::awaitable<Result<Head>> kept_from();
    /// As JournalCore::erase_sealed.
    asio::awaitable<Result<void>> erase_sealed(std::vector<Seq> events);

    /// As of the last finished commit; no I/O.
    Head head() const;
    JournalCore::Acknowledged acknowledged() const;
    const std::vector<sync::KeptNote>& notes() const;
    const JournalIdentity& identity() const;
    Bytes state() const;
    std::size_t waiting() const;

    /// The owner's state as it is stored, behind every capture handed to the disk so far: after an
    /// outcome_unknown, state() may be older until the next commit.
    asio::awaitable<Result<Bytes>> read_state();

    /// Returns when something read from the database contradicted it: a flipped bit, a lost page. What
    /// can be read is still answered. Cancellable: abandoned.
    asio::awaitable<Result<void>> wait_damaged();

    /// Returns when the head is beyond `seq` (at once if it is already). Cancellable: abandoned.
    asio::awaitable<Result<void>> wait_beyond(Seq seq);

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;  // Shared with what it posted to the loop.
};

}  // namespace till
