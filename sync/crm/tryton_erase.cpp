#include "sync/crm/tryton.hpp"
#include "sync/crm/tryton_json.hpp"

// Tryton's own erasure of a party (GDPR 17), and the rows that it leaves behind.
namespace till::sync {

using namespace detail;

/// A wizard is three calls; what it is about stands in the context.
Result<void> Tryton::run_wizard(const std::string& wizard, const char* button, const Json& form,
                                std::int64_t party) {
    TILL_TRY(const auto begun, client_.call("wizard." + wizard + ".create", json::array{}));
    const auto* list = begun.if_array();
    if (!list || list->empty())
        return Error{Errc::outcome_unknown, "Tryton did not begin " + wizard};
    json::array params;
    params.push_back(list->front());
    params.push_back(json::object{{"ask", form}});
    params.emplace_back(button);
    const std::string model = "party.party";
    const json::object about{
        {"active_model", model}, {"active_id", party}, {"active_ids", ids_of(party)}};
    TILL_TRY_VOID(client_.call("wizard." + wizard + ".execute", std::move(params), about));
    json::array session;
    session.push_back(list->front());
    (void)client_.call("wizard." + wizard + ".delete", std::move(session));
    return {};
}

Result<void> Tryton::erase(const CrmEvent& event) {
    TILL_TRY(const auto parties, parties_of(event));
    for (const Party& party : parties) TILL_TRY_VOID(erase_party(party.id));
    return {};
}

/// The list of those who may be written to names addresses, not parties: first, while they are known.
Result<void> Tryton::erase_party(std::int64_t party) {
    TILL_TRY(const auto mails,
             rows("party.contact_mechanism",
                  domain(clause("party", "=", party), clause("type", "=", "email"), of_any_state()),
                  {"value"}));
    json::array addresses;
    for (const auto& mail : mails)
        if (const auto* value = mail.as_object().if_contains("value"); value && value->is_string())
            addresses.push_back(*value);
    if (!addresses.empty()) {
        TILL_TRY(const auto listed,
                 rows("marketing.email",
                      domain(clause("email", "in", std::move(addresses)), of_any_state()), {"id"}));
        json::array ids;
        for (const auto& row : listed) ids.emplace_back(integer(row.as_object().if_contains("id")));
        json::array params;
        const bool any = !ids.empty();
        params.push_back(std::move(ids));
        if (any) TILL_TRY_VOID(client_.call("model.marketing.email.delete", std::move(params)));
    }
    json::array params;
    params.push_back(ids_of(party));
    params.push_back(json::object{{"active", false}});
    TILL_TRY_VOID(client_.call("model.party.party.write", std::move(params)));
    return run_wizard("party.erase", "erase", json::object{{"party", party}}, party);
}

}  // namespace till::sync
