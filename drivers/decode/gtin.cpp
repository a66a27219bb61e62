#include "drivers/decode/gtin.hpp"

#include "drivers/decode/linters.hpp"

#include <algorithm>

namespace till::drivers {

char mod10_check_digit(std::string_view digits) {
    int sum = 0;
    int weight = 3;
    for (auto at = digits.rbegin(); at != digits.rend(); ++at, weight = 4 - weight)
        sum += lint::digit(*at) * weight;
    return static_cast<char>('0' + (10 - sum % 10) % 10);
}

bool has_mod10_check_digit(std::string_view digits) { return !lint::csum(digits); }

Result<Gtin> Gtin::parse(std::string_view digits) {
    const auto size = digits.size();
    if (size != 8 && size != 12 && size != 13 && size != 14)
        return Error{Errc::malformed, "a GTIN has 8, 12, 13 or 14 digits"};
    if (!std::ranges::all_of(digits, lint::is_digit))
        return Error{Errc::malformed, "a GTIN has only digits"};
    if (!has_mod10_check_digit(digits))
        return Error{Errc::malformed, "the check digit of the GTIN is wrong"};
    std::array<char, 14> text;
    text.fill('0');
    std::ranges::copy(digits, text.end() - static_cast<std::ptrdiff_t>(size));
    return Gtin{text};
}

std::string_view Gtin::short_text() const noexcept {
    const auto zeros = text().find_first_not_of('0');
    if (zeros == 0) return text();
    if (zeros == 1) return text().substr(1);
    return text().substr(zeros >= 6 ? 6 : 2);
}

}  // namespace till::drivers
