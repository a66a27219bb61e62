#include "drivers/decode/keyboard_wedge.hpp"

#include <algorithm>
#include <utility>

namespace till::drivers {

namespace {

// HID Usage Tables, page 07.
constexpr std::uint8_t key_a = 0x04;
constexpr std::uint8_t key_z = 0x1D;
constexpr std::uint8_t key_1 = 0x1E;
constexpr std::uint8_t key_enter = 0x28;
constexpr std::uint8_t key_tab = 0x2B;
constexpr std::uint8_t key_right_bracket = 0x30;
constexpr std::uint8_t key_slash = 0x38;
constexpr std::uint8_t key_pad_slash = 0x54;
constexpr std::uint8_t key_pad_enter = 0x58;
constexpr std::uint8_t key_pad_1 = 0x59;
constexpr std::uint8_t key_pad_0 = 0x62;
constexpr std::uint8_t key_102nd = 0x64;

constexpr std::uint8_t control = 0x11;  // Left and right.
constexpr std::uint8_t shift = 0x22;
constexpr std::uint8_t left_alt = 0x04;
constexpr std::uint8_t alt_graph = 0x40;

struct Cap {
    const char* plain;
    const char* shifted;
    const char* alt_graph = nullptr;
    bool dead = false;  ///< Waits for the next key; scanners send a blank after it.
};

// Keys 1E (1) to 38 (/), then 64 (between left Shift and Z).
constexpr std::array<Cap, 28> us_caps{{
    {"1", "!"}, {"2", "@"},  {"3", "#"}, {"4", "$"}, {"5", "%"}, {"6", "^"},  {"7", "&"},
    {"8", "*"}, {"9", "("},  {"0", ")"}, {"", ""},   {"", ""},   {"", ""},    {"", ""},
    {" ", " "}, {"-", "_"},  {"=", "+"}, {"[", "{"}, {"]", "}"}, {"\\", "|"}, {"\\", "|"},
    {";", ":"}, {"'", "\""}, {"`", "~"}, {",", "<"}, {".", ">"}, {"/", "?"},  {"\\", "|"},
}};
constexpr std::array<Cap, 28> uk_caps{{
    {"1", "!"}, {"2", "\""}, {"3", "£"},      {"4", "$", "€"}, {"5", "%"}, {"6", "^"}, {"7", "&"},
    {"8", "*"}, {"9", "("},  {"0", ")"},      {"", ""},        {"", ""},   {"", ""},   {"", ""},
    {" ", " "}, {"-", "_"},  {"=", "+"},      {"[", "{"},      {"]", "}"}, {"#", "~"}, {"#", "~"},
    {";", ":"}, {"'", "@"},  {"`", "¬", "¦"}, {",", "<"},      {".", ">"}, {"/", "?"}, {"\\", "|"},
}};
constexpr std::array<Cap, 28> de_caps{{
    {"1", "!"},
    {"2", "\"", "²"},
    {"3", "§", "³"},
    {"4", "$"},
    {"5", "%"},
    {"6", "&"},
    {"7", "/", "{"},
    {"8", "(", "["},
    {"9", ")", "]"},
    {"0", "=", "}"},
    {"", ""},
    {"", ""},
    {"", ""},
    {"", ""},
    {" ", " "},
    {"ß", "?", "\\"},
    {"´", "`", nullptr, true},
    {"ü", "Ü"},
    {"+", "*", "~"},
    {"#", "'"},
    {"#", "'"},
    {"ö", "Ö"},
    {"ä", "Ä"},
    {"^", "°", nullptr, true},
    {",", ";"},
    {".", ":"},
    {"-", "_"},
    {"<", ">", "|"},
}};

const Cap* find_cap(KeyboardLayout keyboard, std::uint8_t key) {
    std::size_t index = us_caps.size() - 1;
    if (key >= key_1 && key <= key_slash)
        index = key - key_1;
    else if (key != key_102nd)
        return nullptr;
    switch (keyboard) {
        case KeyboardLayout::uk:
            return &uk_caps[index];
        case KeyboardLayout::de:
            return &de_caps[index];
        default:
            return &us_caps[index];
    }
}

char letter(KeyboardLayout keyboard, std::uint8_t key) {
    const char c = static_cast<char>('a' + (key - key_a));
    if (keyboard != KeyboardLayout::de) return c;
    return c == 'y' ? 'z' : c == 'z' ? 'y' : c;
}

/// The number pad's digits; nothing for other keys.
std::optional<unsigned> pad_digit(std::uint8_t key) {
    if (key < key_pad_1 || key > key_pad_0) return std::nullopt;
    return key == key_pad_0 ? 0U : static_cast<unsigned>(key - key_pad_1 + 1);
}

}  // namespace

std::optional<KeyboardLayout> find_keyboard_layout(std::string_view name) {
    if (name == "us") return KeyboardLayout::us;
    if (name == "uk") return KeyboardLayout::uk;
    if (name == "de") return KeyboardLayout::de;
    return std::nullopt;
}

std::optional<KeyReportLayout> KeyReportLayout::find(const HidDescriptor& descriptor) {
    constexpr HidUsage keyboard = hid_usage(0x01, 0x06);
    const HidField* modifiers = nullptr;
    const HidField* keys = nullptr;
    for (const auto& field : descriptor.fields()) {
        if (field.kind != HidReportKind::input || field.constant || field.application != keyboard)
            continue;
        if (field.variable && field.bits == 1 && field.count >= 8 && field.usage(0) == 0x700E0)
            modifiers = &field;
        if (!field.variable && field.is_bytes() && field.has(hid_usage(0x07, key_a))) keys = &field;
    }
    if (modifiers == nullptr || keys == nullptr || modifiers->report_id != keys->report_id)
        return std::nullopt;
    return KeyReportLayout{*modifiers, *keys};
}

KeyReportLayout KeyReportLayout::boot() {
    KeyReportLayout layout;
    layout.modifiers = HidField{.variable = true, .bits = 1, .count = 8};
    layout.keys = HidField{.bit_offset = 16, .bits = 8, .count = 6};
    return layout;
}

std::optional<std::string> WedgeDecoder::take(BytesView report) {
    const auto id = report_.keys.report_id;
    if (report.empty() || (id != 0 && octets(report)[0] != id)) return std::nullopt;
    std::uint8_t modifiers = 0;
    for (std::size_t bit = 0; bit < 8; ++bit) {
        const auto set = read_element(report, report_.modifiers, bit);
        if (!set) return std::nullopt;
        modifiers = static_cast<std::uint8_t>(modifiers | *set << bit);
    }
    std::vector<std::uint8_t> held;
    for (std::size_t slot = 0; slot < report_.keys.count; ++slot) {
        const auto key = read_element(report, report_.keys, slot);
        if (!key) break;
        if (*key >= 1 && *key <= 3) return std::nullopt;  // Too many keys at once: no state at all.
        if (*key != 0) held.push_back(static_cast<std::uint8_t>(*key));
    }
    std::optional<std::string> finished;
    for (const auto key : held) {
        if (std::ranges::find(held_, key) != held_.end()) continue;
        press(key, modifiers);
        if (std::exchange(ended_, false) && !line_.empty()) finished = flush();
    }
    held_ = std::move(held);
    if (alt_code_ && (modifiers & left_alt) == 0) {
        const unsigned code = *std::exchange(alt_code_, {});
        if (code != 0 && code < 0x80) type(std::string(1, static_cast<char>(code)));
    }
    return finished;
}

std::string WedgeDecoder::flush() {
    dead_key_ = false;
    return std::exchange(line_, {});
}

void WedgeDecoder::type(std::string_view text) {
    if (line_.size() + text.size() <= data_bytes_max) line_ += text;
}

void WedgeDecoder::press(std::uint8_t key, std::uint8_t modifiers) {
    const auto digit = pad_digit(key);
    if (digit && (modifiers & left_alt) != 0) {
        alt_code_ = (alt_code_.value_or(0) * 10 + *digit) % 100'000;
        return;
    }
    if (key == key_enter || key == key_pad_enter
        || (key == key_tab && (modifiers & control) == 0)) {
        ended_ = true;
        return;
    }
    if (digit) return type(std::string(1, static_cast<char>('0' + *digit)));
    if (key >= key_pad_slash && key < key_pad_enter)
        return type(std::string_view{"/*-+"}.substr(key - key_pad_slash, 1));
    const bool graph = (modifiers & alt_graph) != 0;
    if ((modifiers & control) != 0 && !graph) {
        // Ctrl and a key is the control character of ASCII; "]" is meant by its place, because
        // scanners send GS so whatever the keyboard.
        if (key >= key_a && key <= key_z)
            return type(std::string(1, static_cast<char>(letter(keyboard_, key) - 'a' + 1)));
        if (key == key_right_bracket) return type("\x1d");
        const auto* cap = find_cap(keyboard_, key);
        if (cap != nullptr && cap->plain[0] == '\\') return type("\x1c");
        return;
    }
    if (key >= key_a && key <= key_z) {
        const char small = letter(keyboard_, key);
        dead_key_ = false;
        if (graph && keyboard_ == KeyboardLayout::de)
            return type(small == 'q' ? "@" : small == 'e' ? "€" : small == 'm' ? "µ" : "");
        const bool capital = (modifiers & shift) != 0;
        return type(std::string(1, static_cast<char>(capital ? small - 'a' + 'A' : small)));
    }
    const auto* cap = find_cap(keyboard_, key);
    if (cap == nullptr) return;
    const std::string_view text = graph && cap->alt_graph != nullptr ? cap->alt_graph
                                  : (modifiers & shift) != 0         ? cap->shifted
                                                                     : cap->plain;
    // The blank after a dead key only says that the accent stands alone.
    if (std::exchange(dead_key_, cap->dead && text != "°") && text == " ") return;
    type(text);
}

}  // namespace till::drivers
