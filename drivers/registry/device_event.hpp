#pragma once

#include "drivers/decode/msr_report.hpp"
#include "drivers/decode/scale_report.hpp"
#include "drivers/decode/scan_report.hpp"
#include "drivers/printer/printer.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace till::drivers {

enum class DeviceKind : std::uint8_t { unknown, scanner, scale, msr, printer, display };

/// A device's life in the words of UnifiedPOS 1.16 (common properties): what an application sees.
enum class DeviceState : std::uint8_t {
    closed,   ///< Plugged in and not ours.
    claimed,  ///< Ours, and not read yet.
    enabled,  ///< Read.
    error,    ///< Tried again, or fenced off until it is plugged in anew.
    offline,  ///< Gone.
};

std::string_view name(DeviceKind kind);
std::string_view name(DeviceState state);

/// Which one of all devices: what a person needs to find it.
struct DeviceName {
    DeviceKind kind = DeviceKind::unknown;
    std::uint16_t vid = 0, pid = 0;
    std::uint8_t bus = 0;
    std::string port, product, serial;
};

/// Something a device did, or that was done to it.
struct DeviceEvent {
    struct Attached {};  ///< Enabled: what is scanned from now on is heard.
    struct Detached {};
    struct Failed {
        Error error;
        bool fenced = false;  ///< It is left alone until it is plugged in anew.
    };
    struct Warning {
        Error error;  ///< It works on.
    };
    struct DroppedCard {};  ///< A swipe that may have been a payment card's.

    DeviceName device;
    std::variant<Attached, Detached, Failed, Warning, RawScan, WeightReading, LoyaltySwipe,
                 DroppedCard, DrawerStatus>
        what;
};

}  // namespace till::drivers
