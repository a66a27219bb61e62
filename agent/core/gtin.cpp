#include "agent/core/gtin.hpp"

namespace till {

std::uint64_t gtin_number(std::string_view digits) {
    if (digits.size() != 8 && (digits.size() < 12 || digits.size() > 14)) return 0;
    std::uint64_t number = 0;
    unsigned sum = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (digits[i] < '0' || digits[i] > '9') return 0;
        const auto digit = static_cast<unsigned>(digits[i] - '0');
        number = number * 10 + digit;
        sum += (digits.size() - i) % 2 == 0 ? 3 * digit : digit;  // Weights from the right: 1, 3, …
    }
    return sum % 10 == 0 ? number : 0;
}

}  // namespace till
