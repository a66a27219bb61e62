#include "agent/customer/sealed_customer.hpp"

#include "agent/core/calendar.hpp"
#include "agent/customer/card_guard.hpp"

#include <algorithm>

#include <string.h>

namespace till {

namespace {

IdentifierRules rules_for(const v1::CustomerData& data, IdentifierRules rules) {
    if (!data.country().empty()) rules.default_country = data.country();
    return rules;
}

bool may_be_card(v1::IdentifierType type) {
    return type != v1::IDENTIFIER_TYPE_PHONE && type != v1::IDENTIFIER_TYPE_EMAIL;
}

void copy_fields(const v1::CustomerData& data, v1::Personal& personal,
                 std::vector<Error>& problems) {
    personal.set_given_name(data.given_name());
    personal.set_family_name(data.family_name());
    personal.set_company(data.company());
    personal.set_street(data.street());
    personal.set_city(data.city());
    personal.set_postal_code(data.postal_code());
    personal.set_country(data.country());
    personal.set_birth_date(data.birth_date());
    const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (!data.country().empty()
        && (data.country().size() != 2 || !std::ranges::all_of(data.country(), capital)))
        problems.push_back(
            {Errc::malformed, "not a country", "country", "two capital letters of ISO 3166-1"});
    if (!data.birth_date().empty() && !check_date(data.birth_date()))
        problems.push_back({Errc::malformed, "not a date", "birth_date", "YYYY-MM-DD"});
}

}  // namespace

bool is_empty(const v1::CustomerData& data) { return data.ByteSizeLong() == 0; }

Result<SealedCustomer> seal_customer(const v1::CustomerData& data, const SealingKey& key,
                                     const IdentifierRules& shop_rules) {
    const IdentifierRules rules = rules_for(data, shop_rules);
    SealedCustomer out;
    v1::Personal personal;
    copy_fields(data, personal, out.problems);
    for (int i = 0; i < data.identifiers_size(); ++i) {
        const v1::CommandIdentifier& said = data.identifiers(i);
        const std::string field = "identifiers[" + std::to_string(i) + "].value";
        if (may_be_card(said.type()) && looks_like_card(said.value(), rules)) {
            out.facts.set_left_out(out.facts.left_out() + 1);
            out.problems.push_back({Errc::out_of_range, "looks like a payment card's number", field,
                                    "a number with one of the shop's loyalty prefixes"});
            continue;
        }
        auto value = normalise(said.type(), said.value(), rules);
        v1::Identifier& identifier = *personal.add_identifiers();
        identifier.set_type(value ? said.type() : v1::IDENTIFIER_TYPE_UNSPECIFIED);
        identifier.set_value(value ? *value : said.value());
        out.facts.add_identifiers(identifier.type());
        if (value) continue;
        Error problem = std::move(value).error();
        problem.field = field;
        out.problems.push_back(std::move(problem));
    }
    out.facts.set_key_id(key.id);
    std::string plain = personal.SerializeAsString();
    auto sealed = seal(key, plain);
    explicit_bzero(plain.data(), plain.size());
    if (!sealed) return std::move(sealed).error();
    out.sealed = *std::move(sealed);
    return out;
}

}  // namespace till
