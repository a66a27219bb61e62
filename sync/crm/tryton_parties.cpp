#include "sync/crm/tryton.hpp"
#include "sync/crm/tryton_json.hpp"

#include <algorithm>
#include <cstdlib>

namespace till::sync {

using namespace detail;

namespace {

std::string name_text(const v1::Personal& person) {
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

json::object address_of(const v1::Personal& person) {
    return {{"street", person.street()},
            {"city", person.city()},
            {"postal_code", person.postal_code()}};
}

std::string party_code(const CrmEvent& event) {
    return event.customer ? "till:cust:" + event.customer->value().text()
                          : "till:walkin:" + event.event.context().store();
}

}  // namespace

Result<std::vector<Tryton::Party>> Tryton::find_parties(json::array wanted) {
    wanted.push_back(of_any_state());
    TILL_TRY(const auto found,
             rows("party.party", std::move(wanted), {"addresses", "replaced_by"}));
    std::vector<Party> parties;
    for (const auto& row : found) {
        const auto& there = row.as_object();
        Party& party = parties.emplace_back(Party{.id = integer(there.if_contains("id"))});
        party.replaced = integer(there.if_contains("replaced_by")) != 0;
        const auto* addresses = there.if_contains("addresses");
        if (addresses && addresses->is_array() && !addresses->as_array().empty())
            party.address = integer(&addresses->as_array().front());
    }
    return parties;
}

Result<std::vector<Tryton::Party>> Tryton::parties_of(const CrmEvent& event) {
    json::array codes, ids;
    codes.emplace_back(party_code(event));
    for (const CustomerId& one : event.family)
        codes.emplace_back("till:cust:" + one.value().text());
    for (const std::string& record : event.records)
        if (record.starts_with(party_record))
            ids.emplace_back(std::atoll(record.c_str() + party_record.size()));
    TILL_TRY(auto parties, find_parties(domain(clause("code", "in", std::move(codes)))));
    if (ids.empty()) return parties;
    TILL_TRY(const auto told, find_parties(domain(clause("id", "in", std::move(ids)))));
    for (const Party& one : told)
        if (std::ranges::find(parties, one.id, &Party::id) == parties.end()) parties.push_back(one);
    return parties;
}

/// Several that turned out to be one become one there, sales and all; one that was merged and is a customer of
/// its own again comes back.
Result<void> Tryton::unite(const CrmEvent& event, std::vector<Party>& parties) {
    std::ranges::stable_sort(parties, {}, [](const Party& party) { return party.replaced; });
    if (parties.empty()) return {};
    if (parties.front().replaced) {
        json::array params;
        params.push_back(ids_of(parties.front().id));
        params.push_back(json::object{{"active", true}, {"replaced_by", nullptr}});
        TILL_TRY_VOID(client_.call("model.party.party.write", std::move(params)));
    }
    for (std::size_t i = 1; event.customer && i < parties.size(); ++i) {
        if (parties[i].replaced) continue;
        const Json form =
            json::object{{"source", parties[i].id}, {"destination", parties.front().id}};
        auto done = run_wizard("party.replace", "replace", form, parties[i].id);
        // It warns when names or tax numbers differ, by the warning's name: the centre has decided that.
        for (int warned = 0;
             !done && done.error().detail.starts_with("party.replace ") && warned < 2; ++warned) {
            json::array one, params;
            one.push_back(json::object{
                {"user", client_.user()}, {"name", done.error().detail}, {"always", false}});
            params.push_back(std::move(one));
            TILL_TRY_VOID(client_.call("model.res.user.warning.create", std::move(params)));
            done = run_wizard("party.replace", "replace", form, parties[i].id);
        }
        if (!done) return done;
    }
    parties.resize(1);
    return {};
}

Result<void> Tryton::create_party(const CrmEvent& event) {
    const auto known = identifiers_of(event.person);
    json::array mechanisms, cards, addresses;
    addresses.push_back(address_of(event.person));
    for (const auto& mail : known.emails) mechanisms.push_back(mechanism("email", mail));
    for (const auto& phone : known.phones) mechanisms.push_back(mechanism("mobile", phone));
    for (const auto& card : known.cards) cards.push_back(json::object{{"code", card}});
    const std::string name = name_text(event.person);
    json::array one, params;
    one.push_back(json::object{
        {"name", event.customer ? name : "Walk-in, store " + event.event.context().store()},
        {"code", party_code(event)},
        {"contact_mechanisms", created(std::move(mechanisms))},
        {"identifiers", created(std::move(cards))},
        {"addresses", created(std::move(addresses))}});
    params.push_back(std::move(one));
    TILL_TRY_VOID(client_.call("model.party.party.create", std::move(params)));
    return {};
}

/// Of a party that somebody else made: a sale needs one.
Result<void> Tryton::add_address(const Party& party, const v1::Personal& person) {
    json::array params, addresses;
    addresses.push_back(address_of(person));
    params.push_back(ids_of(party.id));
    params.push_back(json::object{{"addresses", created(std::move(addresses))}});
    TILL_TRY_VOID(client_.call("model.party.party.write", std::move(params)));
    return {};
}

Result<Tryton::Party> Tryton::ensure_party(const CrmEvent& event) {
    TILL_TRY(auto parties, parties_of(event));
    const bool there = !parties.empty();
    TILL_TRY_VOID(unite(event, parties));
    if (!there) {
        TILL_TRY_VOID(create_party(event));
    } else if (parties.front().address == 0) {
        TILL_TRY_VOID(add_address(parties.front(), event.person));
    }
    if (there) TILL_TRY_VOID(update_party(parties.front(), event.fresh_person));
    if (there && parties.front().address != 0) return parties.front();
    TILL_TRY(parties, parties_of(event));
    if (parties.empty() || parties.front().address == 0)
        return Error{Errc::stale, "a customer is gone again"};
    return parties.front();
}

/// Adds what is new of her, once; what the CRM has of its own, or dropped, stays as it is there.
Result<void> Tryton::update_party(const Party& party, const v1::Personal& fresh) {
    if (fresh.ByteSizeLong() == 0) return {};
    const auto known = identifiers_of(fresh);
    json::array mechanisms, cards;
    const auto lacks = [&](const char* model, const char* field,
                           const std::string& value) -> Result<bool> {
        TILL_TRY(const auto ids, search(model, domain(clause("party", "=", party.id),
                                                      clause(field, "=", json::string{value}))));
        return ids.empty();
    };
    for (const auto& mail : known.emails) {
        TILL_TRY(const bool missing, lacks("party.contact_mechanism", "value", mail));
        if (missing) mechanisms.push_back(mechanism("email", mail));
    }
    for (const auto& phone : known.phones) {
        TILL_TRY(const bool missing, lacks("party.contact_mechanism", "value_compact", phone));
        if (missing) mechanisms.push_back(mechanism("mobile", phone));
    }
    for (const auto& card : known.cards) {
        TILL_TRY(const bool missing, lacks("party.identifier", "code", card));
        if (missing) cards.push_back(json::object{{"code", card}});
    }
    json::object changes;
    if (!mechanisms.empty()) changes["contact_mechanisms"] = created(std::move(mechanisms));
    if (!cards.empty()) changes["identifiers"] = created(std::move(cards));
    if (const std::string name = name_text(fresh); !name.empty()) {
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
Result<void> Tryton::ensure_consents(const CrmEvent& event, const Party& party) {
    for (const ConsentState& consent : event.fresh_consents) {
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
        json::array params;
        params.push_back(ids_of(party.id));
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
