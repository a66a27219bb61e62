#include "drivers/decode/lost_fnc1.hpp"

#include "drivers/decode/element_string.hpp"
#include "drivers/decode/linters.hpp"

#include <algorithm>

namespace till::drivers {

namespace {

constexpr std::size_t gtin_element_digits = 16;  // "01" and fourteen digits.

/// One element in whose value a linter looks for more than digits proves more than several that
/// could be anything.
bool is_telling(const Element& element) {
    return std::ranges::any_of(element.entry->components, [](const AiComponent& component) {
        return !component.linters.empty();
    });
}

bool reads_as_elements(std::string_view data, const Dictionary& dictionary) {
    ElementList elements;
    if (!read_elements(data, group_separator, dictionary, {}, elements)) return false;
    return std::ranges::any_of(elements.all(), is_telling);
}

}  // namespace

bool lost_separator(std::string_view data, const Dictionary& dictionary) {
    while (!data.empty()) {
        const auto* entry = dictionary.match(data);
        if (entry == nullptr) return false;
        data.remove_prefix(entry->ai.size());
        const auto value = data.substr(0, data.find(group_separator));
        if (entry->needs_separator) {
            // The first place is after the shortest value the AI can have, but not before one
            // character: what is left must read to the end.
            for (std::size_t at = std::max<std::size_t>(entry->length_min, 1);
                 at + 4 <= value.size(); ++at)
                if (lint::is_digit(value[at]) && reads_as_elements(value.substr(at), dictionary))
                    return true;
        }
        const auto taken =
            entry->needs_separator ? value.size() : std::min(entry->length_max, value.size());
        data.remove_prefix(taken);
        if (data.starts_with(group_separator)) data.remove_prefix(1);
    }
    return false;
}

bool lost_first_fnc1(std::string_view text, const Dictionary& dictionary) {
    return text.size() >= gtin_element_digits && text.starts_with("01")
           && reads_as_elements(text, dictionary);
}

}  // namespace till::drivers
