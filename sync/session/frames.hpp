#pragma once

#include "agent/core/result.hpp"
#include "sync/session/exchange.hpp"
#include "sync/wire/frames.pb.h"

// Private to the module: what both sessions do with frames.
namespace till::sync {

namespace v1 = tillstream::v1;

inline constexpr std::uint32_t connection_stream = 0;

/// Fails with malformed; too long is out_of_range.
Result<v1::Frame> parse_frame(BytesView message, std::size_t bytes_max);
Send send(const v1::Frame& frame);
Send send_bye(Reason reason, std::string_view detail, std::chrono::milliseconds retry_after);
/// Answers a Ping.
Send send_pong(const v1::Ping& ping, const Times& now);

void put(v1::ClockSample& into, const Times& now);
/// Fails with malformed unless all three clocks are there.
Result<Times> times_of(const v1::ClockSample& sample);

/// What a batch costs of the stream's credit.
std::size_t raw_bytes(const v1::Batch& batch);

/// Detail of a Bye for our own log: cut short, control characters replaced.
std::string printable(std::string_view text);

/// A peer's wish to wait, as a duration that cannot overflow.
std::chrono::milliseconds wait_of(std::uint64_t milliseconds);

/// Milliseconds from `earlier` to `later`; 0 when a shell's clock went back.
std::uint64_t since(const Times& earlier, const Times& later);

}  // namespace till::sync
