#include "agent/customer/identifier.hpp"
#include "agent/runtime/log.hpp"
#include "sync/gateway/admin_api.hpp"
#include "sync/gateway/admin_http.hpp"
#include "sync/gateway/admin_json.hpp"
#include "sync/gateway/admin_people.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

// What central IT and those who answer customers may ask and order about them.
namespace till::sync {

namespace json = boost::json;
using Desk = ProjectionService::Desk;
using namespace detail;

namespace {

Result<v1::IdentifierType> identifier_type(const std::string& text) {
    std::string name = "IDENTIFIER_TYPE_" + text;
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    v1::IdentifierType type{};
    if (!v1::IdentifierType_Parse(name, &type) || type == v1::IDENTIFIER_TYPE_UNSPECIFIED)
        return Error{Errc::malformed, "not a kind of identifier", "type",
                     "loyalty_card, phone, email, customer_number, vat_number, taiwan_carrier"};
    return type;
}

Result<CustomerId> customer_member(const json::value& body, std::string_view key) {
    TILL_TRY(const std::string text, member(body, key));
    const auto id = Uuid::parse(text);
    if (!id) return Error{Errc::malformed, id.error().detail, std::string{key}, "a customer's id"};
    return CustomerId{*id};
}

Result<v1::Identifier> identifier_of(const json::value& body) {
    TILL_TRY(const std::string kind, member(body, "type"));
    TILL_TRY(const std::string value, member(body, "value"));
    v1::Identifier identifier;
    TILL_TRY(const auto type, identifier_type(kind));
    identifier.set_type(type);
    const IdentifierRules rules{.default_country = member(body, "country").value_or("GB"),
                                .loyalty_prefixes = {}};
    TILL_TRY(*identifier.mutable_value(), normalise(type, value, rules));
    return identifier;
}

std::string lower_word(std::string_view name, std::string_view prefix) {
    std::string word{name.substr(name.starts_with(prefix) ? prefix.size() : 0)};
    std::ranges::transform(word, word.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return word;
}

json::object to_json(const ConsentState& consent) {
    const auto purpose = static_cast<v1::ConsentSet::Purpose>(consent.purpose);
    const auto channel = static_cast<v1::ConsentSet::ConsentChannel>(consent.channel);
    return {
        {"purpose", lower_word(v1::ConsentSet::Purpose_Name(purpose), "PURPOSE_")},
        {"channel", lower_word(v1::ConsentSet::ConsentChannel_Name(channel), "CONSENT_CHANNEL_")},
        {"granted", consent.granted},
        {"text_version", consent.text_version},
        {"proof", consent.proof},
        {"at", rfc3339(WallTime{consent.at_ms})}};
}

/// One customer of an import, in the names of Personal.
Result<CentreJournal::Entry> imported(const json::value& row, std::size_t number,
                                      const std::string& country, std::int64_t now_ms) {
    const auto at_row = [number](Error error) {
        error.field = "customers[" + std::to_string(number) + "]."
                      + (error.field.empty() ? "identifiers" : error.field);
        return error;
    };
    CentreJournal::Entry entry{.at_ms = now_ms};
    auto& said = *entry.event.mutable_customer_changed();
    said.set_source("import");
    said.set_language(member(row, "language").value_or(""));
    entry.person.set_given_name(member(row, "given_name").value_or(""));
    entry.person.set_family_name(member(row, "family_name").value_or(""));
    entry.person.set_company(member(row, "company").value_or(""));
    for (const char* kind : {"loyalty_card", "phone", "email", "customer_number", "vat_number"}) {
        const auto value = member(row, kind);
        if (!value) continue;
        auto identifier = identifier_of({{"type", kind}, {"value", *value}, {"country", country}});
        if (!identifier) {
            Error error = std::move(identifier).error();
            error.field = kind;
            return at_row(std::move(error));
        }
        *entry.person.add_identifiers() = *std::move(identifier);
    }
    said.set_business(entry.person.identifiers_size() > 0
                      && std::ranges::any_of(entry.person.identifiers(), [](const auto& each) {
                             return each.type() == v1::IDENTIFIER_TYPE_VAT_NUMBER;
                         }));
    if (entry.person.identifiers().empty())
        return at_row({Errc::malformed,
                       "nothing she could be found by",
                       {},
                       "loyalty_card, phone, email, customer_number or vat_number"});
    return entry;
}

}  // namespace

namespace detail {

Result<std::vector<CustomerId>> customer_family(Desk& desk, const json::value& body) {
    if (member(body, "customer")) {
        TILL_TRY(const CustomerId customer, customer_member(body, "customer"));
        return desk.vault.family(customer);
    }
    TILL_TRY(const auto identifier, identifier_of(body));
    TILL_TRY(const auto customer, desk.vault.find(identifier.type(), identifier.value()));
    if (!customer) return Error{Errc::not_found, "no customer with that identifier"};
    return desk.vault.family(*customer);
}

json::object customer_json(const CustomerView& view, const std::vector<CustomerId>& family) {
    json::array consents, also;
    for (const auto& each : view.consents) consents.push_back(to_json(each));
    for (const auto& each : family)
        if (each != family.front()) also.emplace_back(each.value().text());
    return {{"customer", view.customer.value().text()},
            {"merged", std::move(also)},
            {"first_seen", rfc3339(WallTime{view.first_seen_ms})},
            {"last_seen", rfc3339(WallTime{view.last_seen_ms})},
            {"enrolled", view.enrolled},
            {"business", view.business},
            {"language", view.language},
            {"consents", std::move(consents)},
            {"transactions", rows_json(view.purchases)}};
}

}  // namespace detail

asio::awaitable<HttpResponse> AdminApi::find_customer(Asked request, Name) {
    const auto body = body_of(request);
    const auto look = [&](Desk& desk) -> Result<json::object> {
        TILL_TRY(const auto family, customer_family(desk, body));
        TILL_TRY(const auto view, desk.queries.customer(family));
        return customer_json(view, family);
    };
    const auto found = co_await projection_.ask<json::object>(look);
    if (!found) co_return problem(request, found.error());
    co_return json_answer(request, *found);
}

asio::awaitable<HttpResponse> AdminApi::duplicates(Asked request, Name) {
    const auto look = [](Desk& desk) -> Result<json::object> {
        json::array suggested, merged;
        TILL_TRY(const auto suggestions, desk.vault.merge_suggestions());
        for (const auto& each : suggestions)
            suggested.push_back({{"one", each.one.value().text()},
                                 {"other", each.other.value().text()},
                                 {"seen", rfc3339(WallTime{each.seen_ms})}});
        TILL_TRY(const auto merges, desk.vault.merges());
        for (const auto& each : merges)
            merged.push_back(
                {{"kept", each.kept.value().text()}, {"merged", each.merged.value().text()}});
        return json::object{{"suggested", std::move(suggested)}, {"merged", std::move(merged)}};
    };
    const auto found = co_await projection_.ask<json::object>(look);
    if (!found) co_return problem(request, found.error());
    co_return json_answer(request, *found);
}

asio::awaitable<HttpResponse> AdminApi::merge(Asked request, Name administrator) {
    co_return co_await unite(request, administrator, true);
}

asio::awaitable<HttpResponse> AdminApi::separate(Asked request, Name administrator) {
    co_return co_await unite(request, administrator, false);
}

/// Said in the centre's journal once it is known to make sense; what it leads to is the projection's.
asio::awaitable<HttpResponse> AdminApi::unite(Asked request, Name administrator, bool merge) {
    const auto body = body_of(request);
    const auto kept = customer_member(body, "kept"), merged = customer_member(body, "merged");
    if (!kept) co_return problem(request, kept.error());
    if (!merged) co_return problem(request, merged.error());
    const auto check = [&](Desk& desk) -> Result<bool> {
        for (const CustomerId& one : {*kept, *merged}) TILL_TRY_VOID(desk.vault.show(one));
        TILL_TRY(const CustomerId root, desk.vault.present(*kept));
        TILL_TRY(const CustomerId other, desk.vault.present(*merged));
        return (root == other) == merge;  // Nothing is left to do.
    };
    const auto done = co_await projection_.ask<bool>(check);
    if (!done) co_return problem(request, done.error());
    json::object answer{{"kept", kept->value().text()}, {"merged", merged->value().text()}};
    if (*done) co_return json_answer(request, answer);
    CentreJournal::Entry entry{.at_ms = clock_.now().wall.value()};
    const auto fill = [&](auto& said) {
        said.set_kept(Bytes{kept->value().bytes()});
        said.set_merged(Bytes{merged->value().bytes()});
        said.set_by(administrator);
        said.set_reason(member(body, "reason").value_or(""));
    };
    merge ? fill(*entry.event.mutable_customers_merged())
          : fill(*entry.event.mutable_customers_separated());
    const auto said = co_await own_.append(std::move(entry));
    if (!said) co_return problem(request, said.error());
    log(LogLevel::info, "admin", merge ? "customers merged" : "customers separated",
        {{"by", administrator},
         {"kept", kept->value().text()},
         {"merged", merged->value().text()}});
    co_return json_answer(request, answer);
}

asio::awaitable<HttpResponse> AdminApi::import_customers(Asked request, Name administrator) {
    const auto body = body_of(request);
    const auto* rows = body.is_object() ? body.as_object().if_contains("customers") : nullptr;
    if (!rows || !rows->is_array() || rows->as_array().size() > page_max)
        co_return problem(request, {Errc::malformed, "no list of customers", "customers",
                                    "at most " + std::to_string(page_max)});
    const std::string country = member(body, "country").value_or("GB");
    std::vector<CentreJournal::Entry> entries;
    const std::int64_t now_ms = clock_.now().wall.value();
    for (const json::value& row : rows->as_array()) {
        auto entry = imported(row, entries.size(), country, now_ms);
        if (!entry) co_return problem(request, entry.error());
        entries.push_back(*std::move(entry));
    }
    const std::size_t count = entries.size();
    if (count > 0) {
        const auto said = co_await own_.append(std::move(entries));
        if (!said) co_return problem(request, said.error());
        log(LogLevel::info, "admin", "customers imported",
            {{"by", administrator}, {"customers", count}});
    }
    co_return json_answer(request, {{"imported", count}});
}

}  // namespace till::sync
