#pragma once

#include "agent/core/bytes.hpp"
#include "tests/sim/schedule.hpp"

#include <functional>
#include <memory>

namespace till::sim {

/// One TCP connection: bytes arrive in order, late, or not at all. An end that goes without a word
/// leaves the other one half-open, until that notices the silence.
struct Wire {
    struct End {
        bool open = true;
        std::function<void(Bytes)> receive;
        std::function<void()> closed;  ///< The other end is known to be gone.
        std::uint64_t arrives = 0;     ///< Nothing overtakes what was sent before.
    };
    End till, centre;
    std::uint64_t delay = 1;       ///< Milliseconds, at most.
    std::uint64_t dead_until = 0;  ///< What is sent before is held up, or lost …
    bool loses = false;            ///< … and then this connection never works again.
};
using WirePtr = std::shared_ptr<Wire>;

/// Sends to `to`, which is one of the wire's ends.
inline void send(Schedule& schedule, const WirePtr& wire, Wire::End& to, Bytes message) {
    if (wire->loses && schedule.now() < wire->dead_until) to.open = false;
    if (!to.open) return;
    const auto held = std::max(wire->dead_until, schedule.now());
    to.arrives = std::max(to.arrives, held + schedule.below(wire->delay + 1));
    schedule.after(to.arrives - schedule.now(), [wire, &to, message = std::move(message)] {
        if (to.open && to.receive) to.receive(message);
    });
}

/// An end goes; the other one hears of it, or does not.
inline void close(Schedule& schedule, const WirePtr& wire, Wire::End& gone, bool with_notice) {
    if (!gone.open) return;
    gone.open = false;
    Wire::End& other = &gone == &wire->till ? wire->centre : wire->till;
    if (!with_notice || (wire->loses && schedule.now() < wire->dead_until)) return;
    other.arrives = std::max(other.arrives, schedule.now() + schedule.below(wire->delay + 1));
    schedule.after(other.arrives - schedule.now(), [wire, &other] {
        if (other.open && other.closed) other.closed();
    });
}

}  // namespace till::sim
