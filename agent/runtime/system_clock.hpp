#pragma once

#include "agent/core/clock.hpp"

namespace till {

/// The kernel's wall clock, CLOCK_BOOTTIME and boot id (/proc/sys/kernel/random/boot_id).
class SystemClock final : public Clock {
public:
    /// Reads the boot id once. Where /proc has none, a random id stands for this run.
    SystemClock();
    Times now() override;

private:
    BootId boot_;
};

}  // namespace till
