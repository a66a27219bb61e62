#include "sync/crm/tryton.hpp"
#include "sync/crm/tryton_json.hpp"

namespace till::sync {

using namespace detail;

namespace {

std::string name_of(const v1::Personal& person) {
    std::string name = person.given_name();
    if (!person.family_name().empty()) name += (name.empty() ? "" : " ") + person.family_name();
    return name.empty() ? person.company() : name;
}

struct Identifiers {
    std::vector<std::string> cards, emails, phones;
};
Identifiers identifiers_of(const v1::Personal& person) {
    Identifiers found;
    for (const auto& one : person.identifiers()) {
        if (one.type() == v1::IDENTIFIER_TYPE_LOYALTY_CARD)
            found.cards.push_back("loyalty:" + one.value());
        if (one.type() == v1::IDENTIFIER_TYPE_EMAIL) found.emails.push_back(one.value());
        if (one.type() == v1::IDENTIFIER_TYPE_PHONE) found.phones.push_back(one.value());
    }
    return found;
}

json::object mechanism(std::string_view type, const std::string& value) {
    return {{"type", type}, {"value", value}};
}

std::string party_code(const CrmEvent& event) {
    return event.customer ? "till:cust:" + event.customer->value().text()
                          : "till:walkin:" + event.event.context().store();
}

}  // namespace

Result<std::optional<Tryton::Party>> Tryton::find_party(const std::string& code) {
    json::array params;
    params.push_back(domain(clause("code", "=", json::string{code}), of_any_state()));
    params.emplace_back(0);
    params.emplace_back(1);
    params.emplace_back(nullptr);
    params.push_back(texts({"addresses"}));
    TILL_TRY(const auto found, client_.call("model.party.party.search_read", std::move(params)));
    const auto* list = found.if_array();
    if (!list || list->empty()) return std::optional<Party>{};
    const auto& there = list->front().as_object();
    Party party{.id = integer(there.if_contains("id"))};
    const auto* addresses = there.if_contains("addresses");
    if (addresses && addresses->is_array() && !addresses->as_array().empty())
        party.address = integer(&addresses->as_array().front());
    return std::optional{party};
}

Result<Tryton::Party> Tryton::ensure_party(const CrmEvent& event) {
    const std::string code = party_code(event);
    TILL_TRY(const auto there, find_party(code));
    if (there && there->address != 0) {
        TILL_TRY_VOID(update_party(*there, event.person));
        return *there;
    }
    json::array addresses;
    addresses.push_back(json::object{{"street", event.person.street()},
                                     {"city", event.person.city()},
                                     {"postal_code", event.person.postal_code()}});
    json::array params;
    if (there) {  // Somebody else's: a sale needs an address.
        params.push_back(ids_of(there->id));
        params.push_back(json::object{{"addresses", created(std::move(addresses))}});
        TILL_TRY_VOID(client_.call("model.party.party.write", std::move(params)));
    } else {
        const auto known = identifiers_of(event.person);
        json::array mechanisms, cards;
        for (const auto& mail : known.emails) mechanisms.push_back(mechanism("email", mail));
        for (const auto& phone : known.phones) mechanisms.push_back(mechanism("mobile", phone));
        for (const auto& card : known.cards) cards.push_back(json::object{{"code", card}});
        const std::string name = name_of(event.person);
        json::array one;
        one.push_back(json::object{
            {"name", event.customer ? name : "Walk-in, store " + event.event.context().store()},
            {"code", code},
            {"contact_mechanisms", created(std::move(mechanisms))},
            {"identifiers", created(std::move(cards))},
            {"addresses", created(std::move(addresses))}});
        params.push_back(std::move(one));
        TILL_TRY_VOID(client_.call("model.party.party.create", std::move(params)));
    }
    TILL_TRY(const auto made, find_party(code));
    if (!made || made->address == 0) return Error{Errc::stale, "a customer is gone again"};
    return *made;
}

/// Adds what is new of her; what the CRM has of its own stays.
Result<void> Tryton::update_party(const Party& party, const v1::Personal& person) {
    if (person.ByteSizeLong() == 0) return {};
    const auto known = identifiers_of(person);
    json::array mechanisms, cards;
    const auto lacks = [&](const char* model, const char* field,
                           const std::string& value) -> Result<bool> {
        TILL_TRY(const auto ids, search(model, domain(clause("party", "=", party.id),
                                                      clause(field, "=", json::string{value}))));
        return ids.empty();
    };
    for (const auto& mail : known.emails) {
        TILL_TRY(const bool fresh, lacks("party.contact_mechanism", "value", mail));
        if (fresh) mechanisms.push_back(mechanism("email", mail));
    }
    for (const auto& phone : known.phones) {
        TILL_TRY(const bool fresh, lacks("party.contact_mechanism", "value_compact", phone));
        if (fresh) mechanisms.push_back(mechanism("mobile", phone));
    }
    for (const auto& card : known.cards) {
        TILL_TRY(const bool fresh, lacks("party.identifier", "code", card));
        if (fresh) cards.push_back(json::object{{"code", card}});
    }
    json::object changes;
    if (!mechanisms.empty()) changes["contact_mechanisms"] = created(std::move(mechanisms));
    if (!cards.empty()) changes["identifiers"] = created(std::move(cards));
    if (const std::string name = name_of(person); !name.empty()) {
        TILL_TRY(const auto same,
                 search("party.party", domain(clause("id", "=", party.id),
                                              clause("name", "=", json::string{name}))));
        if (same.empty()) changes["name"] = name;
    }
    if (changes.empty()) return {};
    json::array params;
    params.push_back(ids_of(party.id));
    params.push_back(std::move(changes));
    TILL_TRY_VOID(client_.call("model.party.party.write", std::move(params)));
    return {};
}

/// As they stand now, whichever event said so: the last withdrawal cannot be undone by a grant that comes late.
Result<void> Tryton::ensure_consents(const CrmEvent& event) {
    for (const ConsentState& consent : event.consents) {
        const bool by_mail = consent.channel == v1::ConsentSet::CONSENT_CHANNEL_EMAIL;
        if (consent.purpose == v1::ConsentSet::PURPOSE_MARKETING && by_mail) {
            for (const auto& mail : identifiers_of(event.person).emails)
                TILL_TRY_VOID(ensure_listed(mail, consent.granted));
            continue;
        }
        const bool sms = consent.purpose == v1::ConsentSet::PURPOSE_MARKETING
                         && consent.channel == v1::ConsentSet::CONSENT_CHANNEL_SMS;
        const bool profiling = consent.purpose == v1::ConsentSet::PURPOSE_PROFILING;
        if (!sms && !profiling) continue;  // Tryton has nowhere to put it.
        TILL_TRY(const std::int64_t category,
                 required("party.category", "name", sms ? "consent:sms" : "consent:profiling",
                          "consents"));
        TILL_TRY(const auto party, find_party(party_code(event)));
        if (!party) return Error{Errc::stale, "a customer is gone again"};
        json::array params;
        params.push_back(ids_of(party->id));
        params.push_back(
            json::object{{"categories", related(consent.granted ? "add" : "remove", category)}});
        TILL_TRY_VOID(client_.call("model.party.party.write", std::move(params)));
    }
    return {};
}

Result<void> Tryton::ensure_listed(const std::string& email, bool granted) {
    TILL_TRY(const std::int64_t list,
             required("marketing.email.list", "name", options_.list, "consents"));
    TILL_TRY(const auto there,
             search("marketing.email", domain(clause("email", "=", json::string{email}),
                                              clause("list_", "=", list), of_any_state())));
    json::array params;
    if (there.empty()) {
        json::array one;
        one.push_back(json::object{{"email", email}, {"list_", list}, {"active", granted}});
        params.push_back(std::move(one));
        TILL_TRY_VOID(client_.call("model.marketing.email.create", std::move(params)));
        return {};
    }
    params.push_back(ids_of(there.front()));
    params.push_back(json::object{{"active", granted}});
    TILL_TRY_VOID(client_.call("model.marketing.email.write", std::move(params)));
    return {};
}

}  // namespace till::sync
