#include "drivers/decode/lint_errors.hpp"
#include "drivers/decode/linters.hpp"

#include <algorithm>
#include <array>

namespace till::drivers::lint {

namespace {

using Table = std::array<bool, 256>;

constexpr Table table_of(std::string_view members) {
    Table table{};
    for (const char c : members) table[static_cast<unsigned char>(c)] = true;
    return table;
}

constexpr std::string_view letters_and_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr Table numeric = table_of("0123456789");
constexpr Table set82 = [] {
    Table table = table_of(letters_and_digits);
    for (const char c : std::string_view{"!\"%&'()*+,-./:;<=>?_"})
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();
constexpr Table set39 = table_of("#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
constexpr Table set64 = [] {
    Table table = table_of(letters_and_digits);
    table['-'] = table['_'] = true;
    return table;
}();
constexpr Table hexadecimal = table_of("0123456789ABCDEFabcdef");

constexpr bool has(const Table& table, char c) { return table[static_cast<unsigned char>(c)]; }

LintResult only(const Table& table, const LintError& error, std::string_view value) {
    const auto bad = std::ranges::find_if_not(value, [&](char c) { return has(table, c); });
    if (bad == value.end()) return {};
    return fault(error, static_cast<std::size_t>(bad - value.begin()), 1);
}

}  // namespace

LintResult csetnumeric(std::string_view value) { return only(numeric, non_digit, value); }
LintResult csetx(std::string_view value) { return only(set82, cset82, value); }
LintResult csety(std::string_view value) { return only(set39, cset39, value); }

LintResult csetz(std::string_view value) {
    const auto data = value.substr(0, value.find_last_not_of('=') + 1);
    const auto pads = value.size() - data.size();
    // GS1 pads to threes here, where RFC 4648 pads to fours.
    if (pads > 2 || (pads > 0 && value.size() % 3 != 0))
        return fault(cset64_padding, data.size(), pads);
    return only(set64, cset64, data);
}

LintResult importeridx(std::string_view value) {
    if (value.size() != 1) return whole(importer_length, value);
    if (!has(set64, value[0])) return whole(importer_character, value);
    return {};
}

LintResult hasnondigit(std::string_view value) {
    if (csetnumeric(value)) return {};
    return whole(needs_non_digit, value);
}

LintResult hyphen(std::string_view value) {
    const auto bad = value.find_first_not_of('-');
    if (bad == std::string_view::npos) return {};
    return fault(not_hyphen, bad, 1);
}

LintResult pcenc(std::string_view value) {
    for (auto at = value.find('%'); at != std::string_view::npos; at = value.find('%', at + 3)) {
        const auto escape = value.substr(at, 3);
        if (escape.size() < 3 || !has(hexadecimal, escape[1]) || !has(hexadecimal, escape[2]))
            return fault(percent, at, escape.size());
    }
    return {};
}

}  // namespace till::drivers::lint
