#pragma once

#include "agent/core/clock.hpp"

#include <algorithm>
#include <chrono>

namespace till::sync {

/// Decides whether the wall clock may be believed when certificates are checked (DESIGN §4, Time).
///
/// The floor is the newest time that a verified source gave: a gateway over TLS, a signed timestamp.
/// It never goes back. Wall time counts inside [floor, floor + max_offline]; outside, a dead clock
/// battery or a lying clock is more likely than the truth, so the floor itself is used and the time
/// is marked untrusted. Verification is never switched off.
///
/// Pure: the owner reads the clock and keeps floor() across restarts.
class TimeFloor {
public:
    constexpr TimeFloor(WallTime floor, std::chrono::milliseconds max_offline)
        : floor_{floor}, max_offline_{max_offline} {}

    struct Judged {
        WallTime time{0};
        bool trusted = false;
        friend constexpr bool operator==(const Judged&, const Judged&) = default;
    };

    constexpr Judged judge(WallTime wall) const {
        const bool inside = wall >= floor_ && wall.value() - floor_.value() <= max_offline_.count();
        return inside ? Judged{wall, true} : Judged{floor_, false};
    }

    /// Takes a verified time. True when the floor rose and is to be saved.
    constexpr bool raise(WallTime verified) {
        if (verified <= floor_) return false;
        floor_ = verified;
        return true;
    }

    constexpr WallTime floor() const { return floor_; }

private:
    WallTime floor_;
    std::chrono::milliseconds max_offline_;
};

}  // namespace till::sync
