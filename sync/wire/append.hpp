#pragma once

#include "sync/wire/envelope.hpp"

#include <optional>
#include <string>
#include <vector>

// What the session that verifies and the store that commits say to each other.
namespace till::sync {

/// Where the centre stands with one journal: the row that is the authority.
struct Mark {
    Seq seq{0};  ///< Highest contiguous sequence committed.
    Digest hash{};
};

/// What is known of a journal.
struct JournalRow {
    JournalId journal{Uuid{}};
    DeviceId device{Uuid{}};
    std::optional<JournalId> predecessor;
    std::uint32_t generation = 0;
    std::string store;  ///< Workstation at first hello.
    std::string workstation;
    Mark mark;
    std::int64_t last_seen_ms = 0;
    Seq kept_from{0};  ///< Events up to here were let go of; 0: all are stored.
};

/// A peer's wall clock as seen from here: its time plus `offset_ms` is ours, give or take `error_ms`.
struct ClockOffset {
    std::int64_t offset_ms = 0;
    std::int64_t error_ms = 0;
};

/// A contiguous run of one journal whose chain has been verified from `expected` to `result`.
struct Append {
    JournalId journal{Uuid{}};
    Mark expected;  ///< Compared with the stored mark, as one.
    Mark result;    ///< The mark after the last envelope.
    std::vector<Envelope> envelopes;
    /// The chain hash after each envelope, as the session computed it while verifying. Left empty,
    /// the store computes them again. The last one is result.hash.
    std::vector<Digest> hashes;
    std::int64_t received_ms = 0;
    /// Of the device's clock when it stamped each envelope. Left empty: as if it were the centre's.
    std::vector<ClockOffset> clocks;

    ClockOffset clock(std::size_t envelope) const {
        return clocks.empty() ? ClockOffset{} : clocks[envelope];
    }
};

/// What became of one Append.
struct Appended {
    bool won = false;  ///< False: the stored mark was not `expected` (another session was faster).
    Mark mark;         ///< What is stored now.
};

}  // namespace till::sync
