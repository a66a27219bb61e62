#include "agent/daemon/peripheral_settings.hpp"

#include "agent/daemon/settings_fault.hpp"

namespace till {

using namespace drivers;

namespace {

/// Control characters by name, because few people can type them.
std::string control_characters(std::string_view name) {
    if (name == "cr") return "\r";
    if (name == "lf") return "\n";
    if (name == "crlf") return "\r\n";
    if (name == "tab") return "\t";
    if (name == "stx") return "\x02";
    return name == "etx" ? "\x03" : "";
}

std::optional<bool> on_or_off(std::string_view word) {
    if (word == "keep") return std::nullopt;
    return word == "on";
}

std::optional<BeeperVolume> beeper(std::string_view word) {
    if (word == "off") return BeeperVolume::off;
    if (word == "low") return BeeperVolume::low;
    if (word == "medium") return BeeperVolume::medium;
    if (word == "high") return BeeperVolume::high;
    return std::nullopt;
}

std::optional<TriggerMode> trigger(std::string_view word) {
    if (word == "keep") return std::nullopt;
    return word == "manual" ? TriggerMode::manual : TriggerMode::presentation;
}

SerialLine::Parity parity(std::string_view word) {
    if (word == "odd") return SerialLine::Parity::odd;
    return word == "even" ? SerialLine::Parity::even : SerialLine::Parity::none;
}

Result<ScannerSettings> read_scanners(const config::Values& section, std::string_view file) {
    ScannerSettings settings;
    for (const std::string_view key : {"read", "do_not_read"})
        for (const std::string& each : split_list(section.text(key))) {
            const auto symbology = find_symbology(each);
            if (!symbology)
                return settings_fault(file, section, "scanners." + std::string{key},
                                      "there is no symbology \"" + each + "\"",
                                      "EAN13, EAN8, UPCA, UPCE, Code128, QR, DM, …");
            settings.symbologies.emplace_back(*symbology, key == "read");
        }
    settings.aim_identifiers = on_or_off(section.text("aim_identifiers"));
    settings.beeper = beeper(section.text("beeper"));
    settings.trigger = trigger(section.text("trigger"));
    return settings;
}

}  // namespace

Result<PeripheralSettings> read_peripherals(const config::Settings& file, std::string_view name,
                                            const std::filesystem::path& folder) {
    const auto& devices = file.section("devices");
    PeripheralSettings settings{.usb = devices.boolean("usb")};
    const std::string more = devices.text("quirks");
    auto quirks = drivers::Quirks::with(more.empty() ? std::filesystem::path{} : folder / more);
    if (!quirks)
        return settings_fault(name, devices, "devices.quirks",
                              quirks.error().field + " " + quirks.error().detail,
                              "rows as in drivers/registry/data/quirks.toml");
    settings.quirks = *std::move(quirks);
    if (!devices.boolean("printers")) settings.quirks.leave_printers();
    TILL_TRY(settings.scanners, read_scanners(file.section("scanners"), name));
    for (const auto& row : file.rows("serial_scanner"))
        settings.serial.push_back({.tty = folder / row.text("port"),
                                   .line = {.baud = static_cast<unsigned>(row.integer("baud")),
                                            .parity = parity(row.text("parity")),
                                            .hardware_flow = row.text("flow") == "hardware"},
                                   .framing = {.prefix = control_characters(row.text("prefix")),
                                               .suffix = control_characters(row.text("suffix"))},
                                   .dialect = *find_serial_dialect(row.text("dialect"))});
    return settings;
}

}  // namespace till
