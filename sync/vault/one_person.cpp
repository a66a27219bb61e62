#include "sync/vault/one_person.hpp"

#include <algorithm>
#include <set>

namespace till::sync {

namespace {

/// Blanks at the ends and the case of ASCII letters make no other name.
std::string plain(std::string_view name) {
    const auto first = name.find_first_not_of(' ');
    if (first == std::string_view::npos) return {};
    std::string text{name.substr(first, name.find_last_not_of(' ') - first + 1)};
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    };
    std::ranges::transform(text, text.begin(), lower);
    return text;
}

bool differ(std::string_view one, std::string_view other) {
    const std::string a = plain(one), b = plain(other);
    return !a.empty() && !b.empty() && a != b;
}

/// Both have identifiers of this kind, and none in common.
bool differ(const v1::Personal& one, const v1::Personal& other, v1::IdentifierType type) {
    const auto of = [type](const v1::Personal& person) {
        std::set<std::string> values;
        for (const auto& each : person.identifiers())
            if (each.type() == type) values.insert(each.value());
        return values;
    };
    const auto a = of(one), b = of(other);
    const auto shared = [&](const std::string& value) { return b.contains(value); };
    return !a.empty() && !b.empty() && std::ranges::none_of(a, shared);
}

}  // namespace

std::string contradiction(const v1::Personal& one, const v1::Personal& other) {
    if (differ(one.family_name(), other.family_name())) return "family names differ";
    if (differ(one.given_name(), other.given_name())) return "given names differ";
    if (differ(one.birth_date(), other.birth_date())) return "birth dates differ";
    if (differ(one.company(), other.company())) return "companies differ";
    if (differ(one, other, v1::IDENTIFIER_TYPE_VAT_NUMBER)) return "VAT numbers differ";
    if (differ(one, other, v1::IDENTIFIER_TYPE_CUSTOMER_NUMBER)) return "customer numbers differ";
    return {};
}

}  // namespace till::sync
