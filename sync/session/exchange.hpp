#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/clock.hpp"
#include "sync/wire/append.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

// The words both sessions share. A session is a pure state machine: its shell feeds it events and
// performs the actions it answers with, in order. Every event carries the shell's clock reading
// (`now`); a session reads no clock, does no I/O and holds no records.
namespace till::sync {

/// Why a conversation ends: Bye.Reason of frames.proto, number for number.
enum class Reason : std::uint8_t {
    unspecified = 0,
    done = 1,
    violation = 2,
    too_large = 3,
    unsupported = 4,
    not_yours = 5,
    overtaken = 6,
    unavailable = 7,
    silent = 8,
    revoked = 9,
    restored = 10,
};
std::string_view name(Reason reason);

/// Event: one whole binary message came in. Any bytes are allowed; nothing crashes.
struct Received {
    Bytes message;
    Times now;
};
/// Event: time passes. Give one at least every second.
struct Tick {
    Times now;
};

/// Action: send this as one binary message. Sends leave in the order given.
struct Send {
    Bytes message;
};
/// Action: finish sending, then close the connection. The session is over: it answers every later
/// event with nothing. `retry_after` is the peer's wish (a device's back-off waits at least so long).
struct Hangup {
    Reason reason = Reason::done;
    std::string detail;  ///< For the log.
    std::chrono::milliseconds retry_after{0};
};

/// What the WebSocket handshake asks for and the only one the gateway accepts.
inline constexpr std::string_view subprotocol = "tillstream.v1";
/// Versions of the protocol this build speaks.
inline constexpr std::uint32_t protocol_min = 1;
inline constexpr std::uint32_t protocol_max = 1;
/// Version of events.proto this build writes.
inline constexpr std::uint32_t schema_version = 1;

}  // namespace till::sync
