#include "drivers/decode/lint_errors.hpp"
#include "drivers/decode/linters.hpp"

#include <array>

namespace till::drivers::lint {

namespace {

constexpr std::size_t gcp_digits_min = 4;  // The shortest GS1 Company Prefix in use.
constexpr std::size_t iban_length_min = 11;
constexpr std::size_t iban_length_max = 34;
constexpr std::string_view check_alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
constexpr std::string_view weight_alphabet =
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

// GenSpecs 7.9.5 weighs the n-th character from the right by the n-th prime.
constexpr auto primes = [] {
    std::array<unsigned, 97> found{};
    std::size_t count = 0;
    for (unsigned n = 2; count < found.size(); ++n) {
        bool prime = true;
        for (std::size_t i = 0; i < count && found[i] * found[i] <= n; ++i)
            if (n % found[i] == 0) prime = false;
        if (prime) found[count++] = n;
    }
    return found;
}();
static_assert(primes.back() == 509);

/// 0 to 35 for 0-9 and A-Z, as ISO 13616 counts; -1 for anything else.
constexpr int iban_value(char c) {
    if (is_digit(c)) return digit(c);
    if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
    return -1;
}

}  // namespace

LintResult csum(std::string_view value) {
    if (auto bad = csetnumeric(value)) return bad;
    if (value.empty()) return whole(short_for_check_digit, value);
    int sum = 0;
    for (std::size_t i = 0; i < value.size(); ++i)
        sum += digit(value[value.size() - 1 - i]) * (i % 2 == 0 ? 1 : 3);
    if (sum % 10 != 0) return fault(check_digit, value.size() - 1, 1);
    return {};
}

LintResult csumalpha(std::string_view value) {
    if (value.size() < 2) return whole(short_for_check_pair, value);
    if (value.size() - 2 > primes.size()) return whole(long_for_check_pair, value);
    const auto data = value.substr(0, value.size() - 2);
    unsigned sum = 0;
    for (std::size_t i = 0; i < data.size(); ++i) {
        const auto weight = weight_alphabet.find(data[i]);
        if (weight == std::string_view::npos) return fault(cset82, i, 1);
        sum += static_cast<unsigned>(weight) * primes[data.size() - 1 - i];
    }
    sum %= 1021;
    if (value[data.size()] != check_alphabet[sum >> 5]
        || value[data.size() + 1] != check_alphabet[sum & 31])
        return fault(check_pair, data.size(), 2);
    return {};
}

LintResult gcppos1(std::string_view value) {
    if (value.size() < gcp_digits_min) return whole(short_for_gcp, value);
    // Whether the prefix is allotted is not asked: no list of prefixes is published for that.
    if (auto bad = csetnumeric(value.substr(0, gcp_digits_min)))
        return fault(gcp, bad->position, 1);
    return {};
}

LintResult gcppos2(std::string_view value) {
    if (value.size() < 2) return whole(short_for_gcp, value);
    auto bad = gcppos1(value.substr(1));
    if (bad) ++bad->position;
    return bad;
}

LintResult iban(std::string_view value) {
    if (value.size() < 4) return whole(iban_short, value);
    if (iso3166_letters(value.substr(0, 2))) return fault(iban_country, 0, 2);
    if (value.size() > iban_length_max) return whole(iban_long, value);
    if (value.size() < iban_length_min) return whole(iban_short, value);
    int remainder = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const auto at = (i + 4) % value.size();  // The country and check digits count last.
        const int number = iban_value(value[at]);
        if (number < 0) return fault(iban_character, at, 1);
        remainder = (remainder * (number < 10 ? 10 : 100) + number) % 97;
    }
    if (remainder != 1) return fault(iban_checksum, 2, 2);
    return {};
}

}  // namespace till::drivers::lint
