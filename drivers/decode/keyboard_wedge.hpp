#pragma once

#include "drivers/decode/hid_descriptor.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace till::drivers {

/// The keyboard that a scanner pretends to be. It must be the one the scanner is set to, whatever
/// the till's own keyboard is.
enum class KeyboardLayout : std::uint8_t { us, uk, de };

std::optional<KeyboardLayout> find_keyboard_layout(std::string_view name);  ///< "us", "uk", "de".

/// Where a keyboard puts modifiers and keys in its input report.
struct KeyReportLayout {
    HidField modifiers;
    HidField keys;

    /// Nothing when the descriptor is not that of a keyboard.
    static std::optional<KeyReportLayout> find(const HidDescriptor& descriptor);
    /// The boot protocol's eight bytes (HID 1.11, appendix B).
    static KeyReportLayout boot();
};

/// Reads what a scanner types, as a device and not as the desktop's keyboard: nothing is lost to the
/// window in front, and GS stays (typed as Ctrl+], or as Alt and 0029 on the number pad).
class WedgeDecoder {
public:
    static constexpr std::size_t data_bytes_max = 8192;

    WedgeDecoder(KeyReportLayout report, KeyboardLayout keyboard)
        : report_{std::move(report)}, keyboard_{keyboard} {}

    /// Takes one input report; gives the line, in UTF-8, that Enter or Tab ends. Keys may come in any
    /// slot, and a key typed twice needs a release between.
    std::optional<std::string> take(BytesView report);
    /// What was typed so far: for scanners that end with nothing but a pause.
    std::string flush();
    bool is_waiting() const { return !line_.empty(); }

private:
    void press(std::uint8_t key, std::uint8_t modifiers);
    void type(std::string_view text);

    KeyReportLayout report_;
    KeyboardLayout keyboard_;
    std::vector<std::uint8_t> held_;
    std::optional<unsigned> alt_code_;
    bool dead_key_ = false;
    bool ended_ = false;
    std::string line_;
};

}  // namespace till::drivers
