#include "drivers/decode/dictionary.hpp"

#include "drivers/decode/linters.hpp"

#include <algorithm>

namespace till::drivers {

namespace {

bool all_digits(std::string_view text) { return std::ranges::all_of(text, lint::is_digit); }

std::size_t two_digits(std::string_view text) {
    return static_cast<std::size_t>(lint::digit(text[0]) * 10 + lint::digit(text[1]));
}

/// Where an AI of `ai.size()` digits stands among all numbers of four digits. No two AIs of a
/// dictionary share a place, because AIs that begin alike have the same length.
std::size_t place(std::string_view ai) {
    std::size_t number = 0;
    for (std::size_t i = 0; i < 4; ++i)
        number = number * 10 + static_cast<std::size_t>(i < ai.size() ? lint::digit(ai[i]) : 0);
    return number;
}

/// GenSpecs "Element strings with predefined length": the length of the value by the AI's first
/// two digits, closed for ever; 0 for all other prefixes.
std::size_t predefined_length(std::size_t prefix) {
    if (prefix == 0) return 18;
    if (prefix <= 3) return 14;
    if (prefix == 4) return 16;
    if (prefix >= 11 && prefix <= 19) return 6;
    if (prefix == 20) return 2;
    if (prefix >= 31 && prefix <= 36) return 6;
    if (prefix == 41) return 13;
    return 0;
}

}  // namespace

const AiEntry* Dictionary::at(std::string_view ai) const {
    const auto index = index_[place(ai)];
    return index == 0 || entries_[index - 1u].ai.size() != ai.size() ? nullptr
                                                                     : &entries_[index - 1u];
}

const AiEntry* Dictionary::stand_in(std::string_view prefix, std::size_t length) const {
    const auto value_length = length == 0 ? 0 : predefined_length(two_digits(prefix));
    const auto found = std::ranges::find_if(stand_ins_, [&](const AiEntry& entry) {
        return entry.ai.size() == length
               && (value_length == 0 ? entry.needs_separator : entry.length_max == value_length);
    });
    return found == stand_ins_.end() ? nullptr : &*found;
}

const AiEntry* Dictionary::find(std::string_view ai, bool permit_unknown) const {
    if (ai.size() < 2 || ai.size() > 4 || !all_digits(ai)) return nullptr;
    const std::size_t length = ai_length_[two_digits(ai)];
    if (length != 0 && length != ai.size()) return nullptr;
    if (const auto* entry = at(ai)) return entry;
    return permit_unknown ? stand_in(ai, length) : nullptr;
}

const AiEntry* Dictionary::match(std::string_view data, bool permit_unknown) const {
    if (data.size() < 2 || !all_digits(data.substr(0, 2))) return nullptr;
    const std::size_t length = ai_length_[two_digits(data)];
    if (length == 0 || data.size() < length) return nullptr;
    const auto ai = data.substr(0, length);
    if (!all_digits(ai)) return nullptr;
    if (const auto* entry = at(ai)) return entry;
    return permit_unknown ? stand_in(ai, length) : nullptr;
}

}  // namespace till::drivers
