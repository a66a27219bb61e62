#pragma once

#include <chrono>
#include <cstddef>

// Every bound of the system in one place, and the proofs of how they relate.
namespace till::limits {

using namespace std::chrono_literals;

// Capture.
inline constexpr std::size_t record_bytes_max = 1024 * 1024;  // A real invoice had 1,114 lines.
inline constexpr std::size_t request_bytes_max = 2 * 1024 * 1024;
inline constexpr std::size_t idempotency_key_bytes_max = 128;
inline constexpr std::size_t transaction_lines_max = 5000;
inline constexpr std::size_t waiting_captures_max = 1024;  // Above this the doors answer busy.
inline constexpr std::size_t group_commit_records_max = 256;
inline constexpr std::size_t journal_recent_max = 16384;  // Events whose keys are in memory only.
inline constexpr std::size_t http_connections_max = 64;

// Sync.
inline constexpr std::size_t batch_bytes_max = 2 * 1024 * 1024;  // Before compression.
inline constexpr std::size_t batch_records_max = 4096;
inline constexpr std::size_t batch_bytes_target = 256 * 1024;  // What a backlog is cut into.
inline constexpr std::size_t frame_header_bytes = 1024;
inline constexpr std::size_t hello_bytes_max =
    16 * 1024;  // Before anyone is known, little is read.
inline constexpr std::size_t frame_bytes_max = batch_bytes_max + frame_header_bytes;
inline constexpr std::size_t report_bytes_max = 64 * 1024;      // A day's totals, telemetry.
inline constexpr std::size_t window_bytes = 4 * 1024 * 1024;    // Unacknowledged, per stream.
inline constexpr std::size_t ledger_commit_records_max = 4096;  // Of all journals, in one commit.
inline constexpr std::size_t ledger_commit_bytes_max = 8 * 1024 * 1024;
inline constexpr std::size_t ledger_waiting_bytes_max = 256 * 1024 * 1024;  // Then it answers busy.
inline constexpr std::size_t ledger_wal_bytes_max =
    64 * 1024 * 1024;  // Then no idle gap is waited for.
inline constexpr auto ledger_idle_gap = 200ms;
inline constexpr std::size_t batches_in_flight_max = 64;  // What waits longer goes together.
inline constexpr auto heartbeat_interval = 10s;
inline constexpr auto note_interval = 10s;  // Between two signed notes to one device.
inline constexpr auto peer_silence_max = 35s;
inline constexpr auto handshake_time_max = 10s;
inline constexpr auto request_time_max = 30s;
inline constexpr auto customer_answer_max = 800ms;  // A clerk waits no longer for the centre.

// The largest record always fits a batch, so nothing accepted at capture is stuck at sync.
static_assert(record_bytes_max + frame_header_bytes <= batch_bytes_max);
// A commit never brings more keys than the index in memory may hold.
static_assert(group_commit_records_max <= journal_recent_max);
// The largest batch always fits the window, so a window can never be too small to move.
static_assert(batch_bytes_max <= window_bytes);
// A commit of the ledger takes any batch whole.
static_assert(batch_bytes_max <= ledger_commit_bytes_max);
static_assert(batch_records_max <= ledger_commit_records_max);
// A batch of the usual size fits the window several times over, so that the line is never idle.
static_assert(8 * batch_bytes_target <= window_bytes);
// Three heartbeats may be lost before a peer is declared gone.
static_assert(peer_silence_max > 3 * heartbeat_interval);

}  // namespace till::limits
