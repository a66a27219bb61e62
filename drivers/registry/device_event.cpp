#include "drivers/registry/device_event.hpp"

namespace till::drivers {

std::string_view name(DeviceKind kind) {
    switch (kind) {
        case DeviceKind::scanner:
            return "scanner";
        case DeviceKind::scale:
            return "scale";
        case DeviceKind::msr:
            return "msr";
        case DeviceKind::printer:
            return "printer";
        case DeviceKind::display:
            return "display";
        case DeviceKind::unknown:
            break;
    }
    return "unknown";
}

std::string_view name(DeviceState state) {
    switch (state) {
        case DeviceState::closed:
            return "closed";
        case DeviceState::claimed:
            return "claimed";
        case DeviceState::enabled:
            return "enabled";
        case DeviceState::error:
            return "error";
        case DeviceState::offline:
            break;
    }
    return "offline";
}

}  // namespace till::drivers
