#include "drivers/decode/publications.hpp"

#include "drivers/decode/linters.hpp"

#include <algorithm>

namespace till::drivers {

namespace {

char mod11(std::string_view digits, int first_weight) {
    int sum = 0;
    for (const char c : digits) sum += lint::digit(c) * first_weight--;
    const int check = (11 - sum % 11) % 11;
    return check == 10 ? 'X' : static_cast<char>('0' + check);
}

}  // namespace

Publication publication_of(const Gtin& gtin) {
    const auto digits = gtin.text();
    if (digits.starts_with("0977")) return Publication::serial;
    if (digits.starts_with("09790")) return Publication::music;
    if (digits.starts_with("0978") || digits.starts_with("0979")) return Publication::book;
    return Publication::none;
}

std::optional<std::array<char, 8>> issn_of(const Gtin& gtin) {
    if (publication_of(gtin) != Publication::serial) return {};
    std::array<char, 8> out{};
    const auto digits = gtin.text().substr(4, 7);
    std::ranges::copy(digits, out.begin());
    out[7] = mod11(digits, 8);
    return out;
}

std::optional<std::array<char, 10>> isbn10_of(const Gtin& gtin) {
    if (!gtin.text().starts_with("0978")) return {};
    std::array<char, 10> out{};
    const auto digits = gtin.text().substr(4, 9);
    std::ranges::copy(digits, out.begin());
    out[9] = mod11(digits, 10);
    return out;
}

std::optional<AddOn> read_addon(std::string_view digits) {
    if ((digits.size() != 2 && digits.size() != 5) || !std::ranges::all_of(digits, lint::is_digit))
        return {};
    AddOn out{AddOn::Kind::other, digits, {}, 0};
    if (digits.size() == 2) {
        out.kind = AddOn::Kind::issue;
    } else if (digits == "90000") {
        out.kind = AddOn::Kind::no_price;
    } else if (digits[0] == '5' || digits[0] == '6') {
        out.kind = AddOn::Kind::price;
        out.currency = digits[0] == '5' ? "USD" : "CAD";
        for (const char c : digits.substr(1)) out.price = out.price * 10 + lint::digit(c);
    }
    return out;
}

}  // namespace till::drivers
