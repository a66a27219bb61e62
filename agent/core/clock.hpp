#pragma once

#include "agent/core/ids.hpp"

#include <chrono>
#include <cstdint>
#include <span>

namespace till {

/// Milliseconds since 1970-01-01T00:00:00Z as a device believes it to be. May step, may be years off.
using WallTime = Id<struct WallTimeTag, std::int64_t>;
/// Milliseconds since the kernel started, suspended time included (CLOCK_BOOTTIME). Never steps.
using BootTime = Id<struct BootTimeTag, std::uint64_t>;

/// The three facts each envelope is stamped with (DESIGN §4, Time).
struct Times {
    WallTime wall{0};
    BootTime since_boot{0};
    BootId boot{Uuid{}};
    friend bool operator==(const Times&, const Times&) = default;
};

/// Time as a parameter: the kernel's in a program, the simulator's in a test.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Times now() = 0;
};

/// Randomness as a parameter: the kernel's in a program, a seed's in a test.
class Random {
public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> bytes) = 0;

    Uuid uuid() {
        std::array<std::uint8_t, 16> bytes{};
        fill(bytes);
        return Uuid::from_random(bytes);
    }
};

}  // namespace till
