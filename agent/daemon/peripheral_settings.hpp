#pragma once

#include "drivers/registry/quirks.hpp"
#include "drivers/registry/serial_devices.hpp"
#include "firmware-config/layers/settings.hpp"

#include <filesystem>
#include <string_view>
#include <vector>

namespace till {

/// What an agent is to read of its machine.
struct PeripheralSettings {
    bool usb = false;
    drivers::Quirks quirks;             ///< Without printers, where these are not this agent's.
    drivers::ScannerSettings scanners;  ///< Told to every scanner that has a language.
    std::vector<drivers::SerialDevice> serial;

    bool any() const { return usb || !serial.empty(); }
};

/// Sections devices, scanners and serial_scanner; relative paths count from `folder`. Fails as
/// parse_settings() does.
Result<PeripheralSettings> read_peripherals(const config::Settings& file, std::string_view name,
                                            const std::filesystem::path& folder);

}  // namespace till
