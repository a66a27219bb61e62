#pragma once

#include "agent/core/clock.hpp"
#include "agent/daemon/device_identity.hpp"

namespace till {

/// The device's clock with the wall time that may be believed: what business days and the times on
/// receipts go by. Envelopes keep the device's own, so that the centre can tell the two apart.
///
/// Thread: the loop's, as DeviceIdentity. Both parts outlive it.
class BelievedClock final : public Clock {
public:
    BelievedClock(Clock& device, const DeviceIdentity& identity)
        : device_{device}, identity_{identity} {}

    Times now() override {
        Times now = device_.now();
        now.wall = identity_.judge(now).time;
        return now;
    }

private:
    Clock& device_;
    const DeviceIdentity& identity_;
};

}  // namespace till
