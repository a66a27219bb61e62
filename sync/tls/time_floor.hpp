#pragma once

#include "agent/core/clock.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace till::sync {

/// Decides what time it is where the wall clock may lie (DESIGN §4, Time): for certificates, business
/// days and receipts.
///
/// The floor is the newest time that a verified source gave: a gateway over TLS, a signed timestamp.
/// It never goes back. While the kernel that heard it still runs, its boot clock counts on from it,
/// and no step of the wall clock matters. After a restart wall time counts inside [floor + time since
/// boot, floor + max_offline]; outside, a dead clock battery or a lying clock is more likely than the
/// truth, so the lower end is used and the wall clock is marked untrusted. Verification is never
/// switched off.
///
/// Pure: the owner reads the clock and keeps state() across restarts.
class TimeFloor {
public:
    /// A verified time and the boot clock when it was heard.
    struct Heard {
        WallTime time{0};
        BootId boot{Uuid{}};
        BootTime since_boot{0};
        friend constexpr bool operator==(const Heard&, const Heard&) = default;
    };
    struct State {
        WallTime floor{0};
        std::optional<Heard> heard;  ///< The last one. None: the floor may be of this very boot.
        friend constexpr bool operator==(const State&, const State&) = default;
    };

    constexpr TimeFloor(State state, std::chrono::milliseconds max_offline)
        : state_{state}, max_offline_{max_offline} {}

    struct Judged {
        WallTime time{0};      ///< Never below the floor.
        bool trusted = false;  ///< Whether it is the wall clock's.
        friend constexpr bool operator==(const Judged&, const Judged&) = default;
    };

    constexpr Judged judge(const Times& now) const {
        const auto& heard = state_.heard;
        const bool same_boot =
            heard && heard->boot == now.boot && heard->since_boot <= now.since_boot;
        const std::int64_t elapsed =
            !heard ? 0 : passed(same_boot ? heard->since_boot : BootTime{0}, now.since_boot);
        const std::int64_t known =
            std::max(state_.floor, same_boot ? later(heard->time, elapsed) : state_.floor).value();
        if (!same_boot) {
            const WallTime least = later(WallTime{known}, elapsed);
            const bool inside = now.wall >= least && apart(now.wall, state_.floor) <= offline();
            return inside ? Judged{now.wall, true} : Judged{least, false};
        }
        // A wall clock that is kept right is better than a quartz that counts for weeks.
        const std::int64_t slack = agreement_ms + elapsed / drift_parts;
        const bool agrees = apart(now.wall, WallTime{known}) <= static_cast<std::uint64_t>(slack)
                            && now.wall >= state_.floor;
        return agrees ? Judged{now.wall, true} : Judged{WallTime{known}, false};
    }

    /// Takes a verified time, heard now. The owner saves state() after it.
    constexpr void raise(WallTime verified, const Times& now) {
        state_.floor = std::max(state_.floor, verified);
        state_.heard = Heard{verified, now.boot, now.since_boot};
    }

    constexpr const State& state() const { return state_; }

private:
    static constexpr std::int64_t agreement_ms = 30'000;  // Closer is nobody's wrong receipt.
    static constexpr std::int64_t drift_parts = 1000;     // Five times what a bad quartz does.
    static constexpr std::int64_t century_ms = 3'200'000'000'000;

    /// What a boot clock counted; no kernel runs for a century, whatever a file says.
    static constexpr std::int64_t passed(BootTime from, BootTime to) {
        return static_cast<std::int64_t>(
            std::min<std::uint64_t>(to.value() - from.value(), century_ms));
    }
    static constexpr WallTime later(WallTime time, std::int64_t elapsed) {
        return WallTime{std::min(time.value(), INT64_MAX - elapsed) + elapsed};
    }
    static constexpr std::uint64_t apart(WallTime a, WallTime b) {
        const auto [least, most] = std::minmax(a.value(), b.value());
        return static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least);
    }
    constexpr std::uint64_t offline() const {
        return static_cast<std::uint64_t>(max_offline_.count());
    }

    State state_;
    std::chrono::milliseconds max_offline_;
};

}  // namespace till::sync
