#include "drivers/decode/taiwan.hpp"

#include "drivers/decode/linters.hpp"

#include <algorithm>
#include <array>

namespace till::drivers {

namespace {

constexpr bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }

bool is_business_number(std::string_view digits, int divisor) {
    constexpr std::array weights{1, 2, 1, 2, 1, 2, 4, 1};
    if (digits.size() != weights.size() || !std::ranges::all_of(digits, lint::is_digit))
        return false;
    int sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const int product = lint::digit(digits[i]) * weights[i];
        sum += product / 10 + product % 10;
    }
    // 7 times 4 is 28, 2 + 8 is 10, and that may count as 1 + 0 or as 0.
    return sum % divisor == 0 || (digits[6] == '7' && (sum + 1) % divisor == 0);
}

/// What Code 39 writes for an ASCII character in full-ASCII mode (ISO/IEC 16388 annex).
bool append_pair(char c, std::string& out) {
    const auto byte = static_cast<unsigned char>(c);
    const auto pair = [&](char shift, int letter) {
        out += shift;
        out += static_cast<char>('A' + letter);
        return true;
    };
    if (is_capital(c) || lint::is_digit(c) || c == ' ' || c == '-' || c == '.') {
        out += c;
        return true;
    }
    if (byte >= 1 && byte <= 26) return pair('$', byte - 1);
    if (c >= '!' && c <= '/') return pair('/', c - '!');
    if (c >= 'a' && c <= 'z') return pair('+', c - 'a');
    if (c == ':') return pair('/', 25);
    if (byte >= 27 && byte <= 31) return pair('%', byte - 27);
    if (c >= ';' && c <= '?') return pair('%', c - ';' + 5);
    if (c >= '[' && c <= '_') return pair('%', c - '[' + 10);
    if (c >= '{' && c <= '~') return pair('%', c - '{' + 15);
    if (c == '@') return pair('%', 21);
    if (c == '`') return pair('%', 22);
    return false;
}

}  // namespace

bool is_business_number(std::string_view digits) { return is_business_number(digits, 5); }
bool is_business_number_before_2023(std::string_view digits) {
    return is_business_number(digits, 10);
}

bool is_mobile_barcode(std::string_view text) {
    return text.size() == 8 && text[0] == '/' && std::ranges::all_of(text.substr(1), [](char c) {
               return lint::is_digit(c) || is_capital(c) || c == '+' || c == '-' || c == '.';
           });
}

bool is_citizen_certificate(std::string_view text) {
    return text.size() == 16 && is_capital(text[0]) && is_capital(text[1])
           && std::ranges::all_of(text.substr(2), lint::is_digit);
}

bool is_donation_code(std::string_view text) {
    return text.size() >= 3 && text.size() <= 7 && std::ranges::all_of(text, lint::is_digit);
}

std::optional<std::string> undo_full_ascii(std::string_view text) {
    std::string out;
    for (const char c : text)
        if (!append_pair(c, out)) return {};
    return out;
}

std::optional<TaiwanCode> find_taiwan_carrier(std::string_view text, bool full_ascii,
                                              std::string& out) {
    const auto is_carrier = [&](std::string_view candidate) -> std::optional<TaiwanCode> {
        if (is_mobile_barcode(candidate)) return TaiwanCode::mobile_barcode;
        if (is_citizen_certificate(candidate)) return TaiwanCode::citizen_certificate;
        return {};
    };
    // As it is first: a reader may announce full ASCII and have met no pair. A pair that was
    // taken for one character leaves seven or fewer, which is no carrier.
    if (const auto code = is_carrier(text)) {
        out = text;
        return code;
    }
    if (!full_ascii && (text.empty() || is_capital(text[0]) || lint::is_digit(text[0]))) return {};
    if (text.size() > 8) return {};
    auto undone = undo_full_ascii(text);
    if (!undone) return {};
    // "-" and "." are themselves in Code 39, too; in front they can only have been a pair with "/".
    if (undone->starts_with('-')) undone->replace(0, 1, "/M");
    if (undone->starts_with('.')) undone->replace(0, 1, "/N");
    const auto code = is_carrier(*undone);
    if (code) out = std::move(*undone);
    return code;
}

}  // namespace till::drivers
