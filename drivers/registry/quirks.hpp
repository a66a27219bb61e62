#pragma once

#include "agent/core/result.hpp"
#include "drivers/decode/keyboard_wedge.hpp"
#include "drivers/decode/serial_session.hpp"
#include "drivers/display/display_text.hpp"
#include "drivers/printer/printer.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace till::drivers {

/// What is known of a device beside its descriptors.
struct Quirk {
    std::uint16_t vid = 0;
    std::optional<std::uint16_t> pid;             ///< Nothing: every device of the vendor.
    std::optional<KeyboardLayout> wedge;          ///< Its keyboard is a scanner.
    bool serial = false;                          ///< Its CDC-ACM port is a scanner.
    SerialDialect dialect = SerialDialect::none;  ///< Spoken there.
    bool printer = false;  ///< Its printer interface is an ESC/POS receipt printer's.
    DrawerSwitch drawer = DrawerSwitch::open_is_low;  ///< Of the drawers that hang on it.
    std::optional<DisplayModel> display;              ///< Its CDC-ACM port is a line display.
    bool ignore = false;                              ///< Never touched.
};

/// The table data/quirks.toml.
class Quirks {
public:
    /// The table that is built in.
    static Quirks builtin();
    /// The same, and before it the rows of a file; of none where `file` is empty. Fails as parse() does, or
    /// with not_found.
    static Result<Quirks> with(const std::filesystem::path& file);
    /// Fails with malformed and the row at fault.
    static Result<Quirks> parse(std::string_view toml);

    void leave_printers();  ///< From now on no printer is ours.
    Quirk find(std::uint16_t vid, std::uint16_t pid) const;

private:
    std::vector<Quirk> rows_;
};

}  // namespace till::drivers
