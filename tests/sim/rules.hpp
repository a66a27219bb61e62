#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace till::sim {

/// A promise that did not hold, in plain words.
struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A fault seeded between the real parts: each breaks one promise, and the checks must notice. They
/// sit in the simulator's shells; what ships has no hook for them.
enum class Mutant : std::uint8_t {
    none,
    ack_before_commit,        ///< The gateway answers a batch, and stores it later.
    till_skips_fsync,         ///< The till's disk says "synced" and does nothing.
    centre_skips_fsync,       ///< The centre's does.
    dedup_dropped,            ///< A request that comes again is a new one.
    outbox_cursor_early,      ///< The till believes that all it has was acknowledged.
    projection_cursor_early,  ///< The projection's cursor moves outside of its transaction.
    mark_without_compare,     ///< The last session to commit wins, whatever was stored.
    unknown_as_failed,        ///< "I do not know" is answered as "not stored".
};

struct MutantName {
    Mutant mutant;
    std::string_view name;
};
inline constexpr std::array mutants{
    MutantName{Mutant::ack_before_commit, "ack before commit"},
    MutantName{Mutant::till_skips_fsync, "a till's fsync skipped"},
    MutantName{Mutant::centre_skips_fsync, "the centre's fsync skipped"},
    MutantName{Mutant::dedup_dropped, "dedup dropped"},
    MutantName{Mutant::outbox_cursor_early, "outbox cursor advanced early"},
    MutantName{Mutant::projection_cursor_early, "projection cursor advanced early"},
    MutantName{Mutant::mark_without_compare, "mark without compare-and-set"},
    MutantName{Mutant::unknown_as_failed, "unknown outcome answered as failed"},
};

/// What one seed came to.
struct Counts {
    std::uint64_t events = 0;         ///< Captures that were answered.
    std::uint64_t steps = 0;          ///< Things that happened, messages and ticks included.
    std::uint64_t cuts = 0;           ///< Power cuts and kills.
    std::uint64_t faults = 0;         ///< Everything else that went wrong.
    std::uint64_t let_go = 0;         ///< Answered captures that are at the centre only.
    std::uint64_t centre_let_go = 0;  ///< Events that only the centre's tables have.
    std::uint64_t digest = 0;         ///< Of all that happened, in order.
    void operator+=(const Counts& more) {
        events += more.events;
        steps += more.steps;
        cuts += more.cuts;
        faults += more.faults;
        let_go += more.let_go;
        centre_let_go += more.centre_let_go;
    }
};

}  // namespace till::sim
