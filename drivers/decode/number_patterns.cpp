#include "drivers/decode/number_patterns.hpp"

#include "drivers/decode/linters.hpp"

#include <algorithm>
#include <array>

namespace till::drivers {

namespace {

constexpr std::size_t digits_max = 24;

/// The digits of a phone without what people put between them; empty when there is anything else.
std::string_view phone_digits(std::string_view text, std::array<char, digits_max>& room) {
    std::size_t size = 0;
    if (text.starts_with('+')) text.remove_prefix(1);
    for (const char c : text) {
        if (c == ' ' || c == '-' || c == '(' || c == ')') continue;
        if (!lint::is_digit(c) || size == room.size()) return {};
        room[size++] = c;
    }
    return {room.data(), size};
}

}  // namespace

bool has_luhn_digit(std::string_view digits) {
    if (digits.empty() || !std::ranges::all_of(digits, lint::is_digit)) return false;
    int sum = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const int value = lint::digit(digits[digits.size() - 1 - i]) * (i % 2 == 0 ? 1 : 2);
        sum += value > 9 ? value - 9 : value;
    }
    return sum % 10 == 0;
}

const NumberPattern* find_number(std::string_view text, std::span<const NumberPattern> patterns) {
    std::array<char, digits_max> room{};
    const auto found = std::ranges::find_if(patterns, [&](const NumberPattern& pattern) {
        const auto digits = pattern.kind == NumberKind::phone ? phone_digits(text, room) : text;
        return std::ranges::all_of(digits, lint::is_digit) && digits.size() >= pattern.length_min
               && digits.size() <= pattern.length_max && digits.starts_with(pattern.prefix)
               && (!pattern.luhn || has_luhn_digit(digits));
    });
    return found == patterns.end() ? nullptr : &*found;
}

bool looks_like_payment_card(std::string_view text) {
    // Issuers' ranges of ISO/IEC 7812: 2 to 6 are banks, travel and petrol cards.
    return text.size() >= 13 && text.size() <= 19 && text[0] >= '2' && text[0] <= '6'
           && has_luhn_digit(text);
}

}  // namespace till::drivers
