#pragma once

#include "agent/core/clock.hpp"

namespace till::crash {

/// Moves on by a millisecond each time it is asked.
struct TickingClock final : Clock {
    Times now() override {
        ++ticks;
        return {WallTime{1'700'000'000'000 + static_cast<std::int64_t>(ticks)}, BootTime{ticks},
                BootId{Uuid::from_random({7})}};
    }
    std::uint64_t ticks = 0;
};

}  // namespace till::crash
