#include "agent/customer/identifier.hpp"

#include <algorithm>

namespace till {

namespace {

constexpr std::size_t identifier_bytes_max = 254;  // The longest e-mail address (RFC 5321).

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

Error refusal(const char* detail, const char* allowed) {
    return {Errc::malformed, detail, {}, allowed};
}

Result<std::string> normalise_email(std::string_view text) {
    const Error bad = refusal("not an e-mail address", "name@host.example");
    const auto at = text.rfind('@');
    if (at == 0 || at == std::string_view::npos || text.size() > identifier_bytes_max) return bad;
    std::string local{text.substr(0, at)}, domain{text.substr(at + 1)};
    std::ranges::transform(local, local.begin(), lower);
    std::ranges::transform(domain, domain.begin(), lower);
    const auto unfit = [](char c) {
        return c == '@' || c == ' ' || c == ',' || c == ';' || static_cast<unsigned char>(c) < 33;
    };
    if (std::ranges::any_of(local, unfit) || std::ranges::any_of(domain, unfit)) return bad;
    const auto dot = domain.find('.');
    if (dot == 0 || dot == std::string::npos || domain.back() == '.') return bad;
    if (domain == "gmail.com") {
        local.erase(std::min(local.find('+'), local.size()));
        std::erase(local, '.');
        if (local.empty()) return bad;
    }
    return local + "@" + domain;
}

/// Capitals and digits; blanks, dashes and points between them go.
Result<std::string> normalise_code(std::string_view text, const char* detail) {
    std::string out;
    for (const char c : text) {
        if (is_digit(c) || is_letter(c))
            out += upper(c);
        else if (c != ' ' && c != '-' && c != '.')
            return refusal(detail, "letters and digits");
    }
    if (out.empty() || out.size() > 64) return refusal(detail, "1 to 64 letters and digits");
    return out;
}

/// Taiwan's 統一編號, with the rule in force since 2023 (the weighted digit sum is a multiple of 5).
bool is_taiwan_number(std::string_view digits) {
    constexpr int weights[] = {1, 2, 1, 2, 1, 2, 4, 1};
    int sum = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        const int product = (digits[i] - '0') * weights[i];
        sum += product / 10 + product % 10;
    }
    return sum % 5 == 0 || (digits[6] == '7' && (sum + 1) % 5 == 0);
}

Result<std::string> normalise_vat(std::string_view text, const IdentifierRules& rules) {
    TILL_TRY(std::string number, normalise_code(text, "not a VAT number"));
    const bool taiwan = rules.default_country == "TW" || number.starts_with("TW");
    const std::string_view digits =
        std::string_view{number}.substr(number.starts_with("TW") ? 2 : 0);
    if (!taiwan || digits.size() != 8 || !std::ranges::all_of(digits, is_digit)) return number;
    if (!is_taiwan_number(digits))
        return refusal("not a Taiwan business number", "8 digits with a valid check digit");
    return "TW" + std::string{digits};
}

Result<std::string> normalise_carrier(std::string_view text) {
    std::string out{text};
    std::ranges::transform(out, out.begin(), upper);
    const auto fits = [](char c) {
        return is_digit(c) || is_letter(c) || c == '.' || c == '+' || c == '-';
    };
    if (out.size() != 8 || out[0] != '/' || !std::ranges::all_of(out.substr(1), fits))
        return refusal("not a Taiwan carrier code", "/ and seven of 0-9 A-Z . + -");
    return out;
}

}  // namespace

Result<std::string> normalise(v1::IdentifierType type, std::string_view value,
                              const IdentifierRules& rules) {
    const std::string_view text = trimmed(value);
    switch (type) {
        case v1::IDENTIFIER_TYPE_PHONE:
            return normalise_phone(text, rules.default_country);
        case v1::IDENTIFIER_TYPE_EMAIL:
            return normalise_email(text);
        case v1::IDENTIFIER_TYPE_LOYALTY_CARD:
            return normalise_code(text, "not a card number");
        case v1::IDENTIFIER_TYPE_CUSTOMER_NUMBER:
            return normalise_code(text, "not a customer number");
        case v1::IDENTIFIER_TYPE_VAT_NUMBER:
            return normalise_vat(text, rules);
        case v1::IDENTIFIER_TYPE_TAIWAN_CARRIER:
            return normalise_carrier(text);
        default:
            return refusal(
                "no such kind of identifier",
                "loyalty card, phone, e-mail, customer number, VAT number, Taiwan carrier");
    }
}

}  // namespace till
