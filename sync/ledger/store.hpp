#pragma once

#include "agent/core/result.hpp"
#include "sync/wire/append.hpp"
#include "sync/wire/note.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace till::sync {

/// A stored envelope with what the centre added.
struct StoredEnvelope {
    Envelope envelope;
    Digest hash{};  ///< The chain hash after it.
    std::int64_t received_ms = 0;
    std::int64_t clock_offset_ms = 0;
    std::int64_t clock_error_ms = 0;
};

/// What the centre holds: raw envelopes and marks. The synchronous core; SqliteStore and
/// PostgresStore keep its promises alike.
///
/// Thread: one at a time per object. Any number of processes may share one store; compare-and-set
/// on the mark decides between them.
class Store {
public:
    virtual ~Store() = default;

    /// 16 random bytes, made with the store and made anew when it is restored from a backup: only
    /// then may a mark go back, and devices learn it from the epoch in the welcome.
    virtual Bytes epoch() const = 0;
    virtual Result<Bytes> renew_epoch() = 0;

    /// The row of a journal, made on its first hello with its mark at genesis, whatever `first_hello`
    /// says of a mark. Later hellos move last_seen_ms only. Fails with conflict when the journal is
    /// bound to another device.
    virtual Result<JournalRow> bind(const JournalRow& first_hello) = 0;
    virtual Result<std::optional<JournalRow>> find(const JournalId& journal) = 0;
    virtual Result<std::vector<JournalRow>> journals() = 0;

    /// Commits all appends in one durable transaction, each by compare-and-set of its mark; a loser
    /// stores nothing and does not hurt the others. Several appends of one journal are taken in
    /// order. An append whose envelopes do not lead from `expected` to `result` loses as well.
    /// The outer error means that nothing was committed (disk_full, io, busy) or that it is not
    /// known (outcome_unknown): the session asks for the mark again before it answers a device.
    virtual Result<std::vector<Appended>> commit(std::span<const Append> appends) = 0;

    /// Keeps envelopes whose chain disagrees with what is stored, as (journal, branch, seq). They
    /// are never projected. The same branch twice is stored once. Returns the branch number.
    virtual Result<std::uint32_t> keep_branch(const JournalId& journal, const Mark& fork_point,
                                              std::span<const Envelope> envelopes,
                                              std::int64_t received_ms) = 0;
    struct Branch {
        std::uint32_t number = 0;
        Seq first{0};
        Seq last{0};
        std::int64_t received_ms = 0;
    };
    virtual Result<std::vector<Branch>> branches(const JournalId& journal) = 0;

    /// Envelopes after `from`, oldest first, at most `records_max` and about `bytes_max`; none of
    /// those that were let go of.
    virtual Result<std::vector<StoredEnvelope>> read(const JournalId& journal, Seq from,
                                                     std::size_t bytes_max,
                                                     std::size_t records_max) = 0;
    /// The chain hash stored at `seq` (genesis at 0). Fails with not_found beyond the mark, and before
    /// the checkpoint.
    virtual Result<Digest> hash_at(const JournalId& journal, Seq seq) = 0;

    /// Lets go of the events up to `checkpoint.note.last` and keeps the checkpoint, to whose hash what
    /// follows is chained; durable when it returns. All that goes is read and its chain recomputed: in
    /// steps. The same one twice is harmless. Fails with out_of_range unless it lies beyond the last
    /// checkpoint and within the mark, and with corrupt when what is stored does not lead there: a hole
    /// must stay to be seen.
    virtual Result<void> let_go(const KeptNote& checkpoint) = 0;
    /// The last one of a journal; none while all its events are here.
    virtual Result<std::optional<KeptNote>> checkpoint(const JournalId& journal) = 0;

    /// Deletes the sealed parts of these events and keeps their hashes, so that the chain still proves all;
    /// durable when it returns. What has none, or is not here, is passed over. Fails as let_go() does.
    virtual Result<void> erase_sealed(const JournalId& journal, std::span<const Seq> events) = 0;

    /// Housekeeping for an idle gap; for SQLite a checkpoint. Never needed for correctness.
    virtual Result<void> tidy() = 0;
};

}  // namespace till::sync
