#include "drivers/decode/upce.hpp"

#include "drivers/decode/gtin.hpp"
#include "drivers/decode/linters.hpp"

#include <algorithm>

namespace till::drivers {

Result<Upc12> expand_upce(std::string_view digits) {
    if (digits.size() != 8 || !std::ranges::all_of(digits, lint::is_digit) || digits[0] > '1')
        return Error{Errc::malformed, "a UPC-E has eight digits, the first of them 0 or 1"};
    const auto d = digits.substr(1, 6);
    Upc12 out;
    out.fill('0');
    out[0] = digits[0];
    out[1] = d[0];
    out[2] = d[1];
    // The last digit says where the zeros were left out.
    if (d[5] <= '2') {
        out[3] = d[5];
        std::ranges::copy(d.substr(2, 3), out.begin() + 8);
    } else if (d[5] == '3') {
        out[3] = d[2];
        std::ranges::copy(d.substr(3, 2), out.begin() + 9);
    } else if (d[5] == '4') {
        std::ranges::copy(d.substr(2, 2), out.begin() + 3);
        out[10] = d[4];
    } else {
        std::ranges::copy(d.substr(2, 3), out.begin() + 3);
        out[10] = d[5];
    }
    out[11] = digits[7];
    if (!has_mod10_check_digit({out.data(), out.size()}))
        return Error{Errc::malformed, "the check digit of the UPC-E is wrong"};
    return out;
}

Result<std::array<char, 8>> compress_to_upce(std::string_view upc12) {
    if (upc12.size() != 12 || !has_mod10_check_digit(upc12))
        return Error{Errc::malformed, "a UPC-A has twelve digits with a check digit"};
    // Six digits can be tried through expand_upce: what expands to the number is its short form.
    const std::array<std::array<std::size_t, 5>, 4> kept{{
        {1, 2, 8, 9, 10},  // mm d0000 iii, d = 0 to 2
        {1, 2, 3, 9, 10},  // mmm 00000 ii
        {1, 2, 3, 4, 10},  // mmmm 00000 i
        {1, 2, 3, 4, 5},   // mmmmm 0000 d, d = 5 to 9
    }};
    for (std::size_t form = 0; form < kept.size(); ++form) {
        std::array<char, 8> out{};
        out[0] = upc12[0];
        for (std::size_t i = 0; i < 5; ++i) out[i + 1] = upc12[kept[form][i]];
        out[6] = form == 0 ? upc12[3] : form == 3 ? upc12[10] : static_cast<char>('2' + form);
        out[7] = upc12[11];
        const auto expanded = expand_upce({out.data(), out.size()});
        if (expanded && std::ranges::equal(*expanded, upc12)) return out;
    }
    return Error{Errc::out_of_range, "there is no UPC-E for this number"};
}

}  // namespace till::drivers
