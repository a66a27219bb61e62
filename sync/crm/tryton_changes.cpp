#include "sync/crm/tryton.hpp"
#include "sync/crm/tryton_json.hpp"

#include <algorithm>
#include <charconv>
#include <map>

// What people change of parties in Tryton: found by the dates of every row that is part of one.
namespace till::sync {

using namespace detail;

namespace {

constexpr std::int64_t overlap_ms = 60'000;  // A transaction commits after it dated its rows.
constexpr std::size_t read_at_once = 100;
constexpr std::string_view card_prefix = "loyalty:", our_prefix = "till:cust:";

std::string text(const json::object& row, const char* field) {
    const auto* value = row.if_contains(field);
    return value && value->is_string() ? std::string{value->as_string()} : std::string{};
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

std::int64_t number(const json::object& row, const char* field) {
    return integer(row.if_contains(field));
}

std::int64_t changed_ms(const json::object& row) {
    return std::max(ms_of(row.if_contains("write_date")), ms_of(row.if_contains("create_date")));
}

json::array changed_since(std::int64_t since_ms) {
    json::array made = domain(json::value{"OR"});
    for (const char* date : {"write_date", "create_date"})
        made.push_back(domain(clause(date, ">=", datetime(since_ms))));
    json::array all;
    all.push_back(std::move(made));
    return all;
}

/// Tryton has one name; the last word of several is the family's.
void put_name(const std::string& name, v1::Personal& person) {
    const auto blank = name.rfind(' ');
    person.set_given_name(name.substr(0, blank));
    if (blank != std::string::npos) person.set_family_name(name.substr(blank + 1));
}

void add(v1::Personal& person, v1::IdentifierType type, std::string value) {
    v1::Identifier& one = *person.add_identifiers();
    one.set_type(type);
    one.set_value(std::move(value));
}

/// On SQLite Tryton says 1.
bool is_true(const json::value* value) {
    return value && ((value->is_bool() && value->as_bool()) || integer(value) != 0);
}

json::array list_of(std::span<const std::int64_t> ids) {
    json::array made;
    for (const std::int64_t id : ids) made.emplace_back(id);
    return made;
}

bool contains(const json::value* list, std::int64_t id) {
    if (!list || !list->is_array()) return false;
    return std::ranges::any_of(list->as_array(),
                               [&](const json::value& each) { return integer(&each) == id; });
}

}  // namespace

/// Order does not matter: rows come as they like.
void Tryton::Change::add(std::string_view row, std::int64_t id, std::int64_t changed_ms) {
    at_ms = std::max(at_ms, changed_ms);
    const std::string text =
        std::string{row} + " " + std::to_string(id) + " " + std::to_string(changed_ms);
    state += std::hash<std::string>{}(text);
}

/// The newest date among them.
Result<std::int64_t> Tryton::add_changed(const char* model, const char* party_field,
                                         bool has_active, std::int64_t since_ms, Changed& changed) {
    auto wanted = changed_since(since_ms);
    if (has_active) wanted.push_back(of_any_state());
    TILL_TRY(const auto found,
             rows(model, std::move(wanted), {party_field, "create_date", "write_date"}));
    std::int64_t newest = since_ms;
    for (const auto& each : found) {
        const std::int64_t at = changed_ms(each.as_object());
        changed[number(each.as_object(), party_field)].add(model, number(each.as_object(), "id"),
                                                           at);
        newest = std::max(newest, at);
    }
    return newest;
}

/// Rows of a mailing list name addresses; whose they are, the parties' mechanisms say.
Result<std::int64_t> Tryton::add_changed_emails(std::int64_t since_ms, Changed& changed) {
    auto wanted = changed_since(since_ms);
    wanted.push_back(of_any_state());
    TILL_TRY(const auto found,
             rows("marketing.email", std::move(wanted), {"email", "create_date", "write_date"}));
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> listed;  // Row and date.
    json::array addresses;
    std::int64_t newest = since_ms;
    for (const auto& each : found) {
        const std::string email = text(each.as_object(), "email");
        addresses.emplace_back(email);
        listed[email] = {number(each.as_object(), "id"), changed_ms(each.as_object())};
        newest = std::max(newest, listed[email].second);
    }
    // A party's address is written as somebody typed it, the list's in lower case.
    while (!addresses.empty()) {
        json::array any = domain(json::value{"OR"});
        for (std::size_t i = 0; i < read_at_once && !addresses.empty(); ++i) {
            any.push_back(clause("value", "ilike", std::move(addresses.back())));
            addresses.pop_back();
        }
        TILL_TRY(const auto owners,
                 rows("party.contact_mechanism",
                      domain(clause("type", "=", "email"), std::move(any)), {"party", "value"}));
        for (const auto& each : owners) {
            const auto& [id, at] = listed[lower(text(each.as_object(), "value"))];
            changed[number(each.as_object(), "party")].add("marketing.email", id, at);
        }
    }
    return newest;
}

Result<std::string> Tryton::read_changes(const std::string& since, const Wanted& wanted,
                                         const Visit& visit) {
    std::int64_t since_ms = 0;
    std::from_chars(since.data(), since.data() + since.size(), since_ms);
    const std::int64_t from = std::max<std::int64_t>(0, since_ms - overlap_ms);
    Changed changed;
    std::int64_t newest = since_ms;
    struct Part {
        const char *model, *party_field;
        bool has_active;
    };
    for (const Part& part :
         {Part{"party.party", "id", true}, Part{"party.contact_mechanism", "party", true},
          Part{"party.identifier", "party", false}}) {
        TILL_TRY(const std::int64_t at,
                 add_changed(part.model, part.party_field, part.has_active, from, changed));
        newest = std::max(newest, at);
    }
    TILL_TRY(const std::int64_t at, add_changed_emails(from, changed));
    newest = std::max(newest, at);
    std::vector<std::int64_t> parties;
    for (const auto& [party, change] : changed)
        if (party != 0 && wanted(std::string{party_record} + std::to_string(party), change.state))
            parties.push_back(party);
    for (std::size_t i = 0; i < parties.size(); i += read_at_once) {
        const auto some = std::span{parties}.subspan(i, std::min(read_at_once, parties.size() - i));
        TILL_TRY(auto records, read_parties(some, changed));
        TILL_TRY_VOID(visit(std::move(records)));
    }
    return std::to_string(newest);
}

Result<std::vector<CrmRecord>> Tryton::read_parties(std::span<const std::int64_t> parties,
                                                    const Changed& changed) {
    TILL_TRY(const auto sms, required("party.category", "name", "consent:sms", "consents"));
    TILL_TRY(const auto profiling,
             required("party.category", "name", "consent:profiling", "consents"));
    TILL_TRY(const auto found, rows("party.party", domain(clause("id", "in", list_of(parties))),
                                    {"name", "code", "categories"}));
    std::map<std::int64_t, CrmRecord> records;
    for (const auto& each : found) {
        const auto& row = each.as_object();
        const std::int64_t id = number(row, "id");
        const std::string code = text(row, "code");
        if (code.starts_with("till:walkin:")) continue;
        CrmRecord& record = records[id];
        record.record = std::string{party_record} + std::to_string(id);
        record.changed_ms = changed.at(id).at_ms;
        record.state = changed.at(id).state;
        put_name(text(row, "name"), record.person);
        if (code.starts_with(our_prefix))
            if (const auto ours = Uuid::parse(code.substr(our_prefix.size())))
                record.customer = CustomerId{*ours};
        const auto state = [&](v1::ConsentSet::Purpose purpose,
                               v1::ConsentSet::ConsentChannel channel, std::int64_t category) {
            const bool granted = contains(row.if_contains("categories"), category);
            record.consents.push_back({purpose,
                                       channel,
                                       granted,
                                       {},
                                       "changed in the CRM",
                                       granted ? record.changed_ms : 0});
        };
        state(v1::ConsentSet::PURPOSE_MARKETING, v1::ConsentSet::CONSENT_CHANNEL_SMS, sms);
        state(v1::ConsentSet::PURPOSE_PROFILING, v1::ConsentSet::CONSENT_CHANNEL_EMAIL, profiling);
    }
    TILL_TRY(const auto mechanisms,
             rows("party.contact_mechanism", domain(clause("party", "in", list_of(parties))),
                  {"party", "type", "value"}));
    for (const auto& each : mechanisms) {
        const auto record = records.find(number(each.as_object(), "party"));
        if (record == records.end()) continue;
        const std::string type = text(each.as_object(), "type");
        const std::string value = text(each.as_object(), "value");
        if (type == "email") add(record->second.person, v1::IDENTIFIER_TYPE_EMAIL, lower(value));
        if (type == "mobile" || type == "phone")
            add(record->second.person, v1::IDENTIFIER_TYPE_PHONE, value);
    }
    TILL_TRY(const auto cards,
             rows("party.identifier", domain(clause("party", "in", list_of(parties))),
                  {"party", "code"}));
    for (const auto& each : cards) {
        const auto record = records.find(number(each.as_object(), "party"));
        const std::string code = text(each.as_object(), "code");
        if (record == records.end() || !code.starts_with(card_prefix)) continue;
        add(record->second.person, v1::IDENTIFIER_TYPE_LOYALTY_CARD,
            code.substr(card_prefix.size()));
    }
    std::vector<CrmRecord> all;
    for (auto& [id, record] : records) all.push_back(std::move(record));
    TILL_TRY_VOID(add_email_consents(all));
    return all;
}

/// One address that may not be written to is enough that she may not.
Result<void> Tryton::add_email_consents(std::vector<CrmRecord>& records) {
    TILL_TRY(const auto list, required("marketing.email.list", "name", options_.list, "consents"));
    json::array addresses;
    for (const CrmRecord& record : records)
        for (const auto& each : record.person.identifiers())
            if (each.type() == v1::IDENTIFIER_TYPE_EMAIL) addresses.emplace_back(each.value());
    if (addresses.empty()) return {};
    TILL_TRY(const auto found, rows("marketing.email",
                                    domain(clause("email", "in", std::move(addresses)),
                                           clause("list_", "=", list), of_any_state()),
                                    {"email", "active", "create_date", "write_date"}));
    std::map<std::string, const json::object*> listed;
    for (const auto& each : found) listed[text(each.as_object(), "email")] = &each.as_object();
    for (CrmRecord& record : records) {
        std::optional<ConsentState> state;
        for (const auto& each : record.person.identifiers()) {
            const auto row = listed.find(each.value());
            if (each.type() != v1::IDENTIFIER_TYPE_EMAIL || row == listed.end()) continue;
            const bool granted = is_true(row->second->if_contains("active"));
            if (state && !state->granted) continue;
            state = ConsentState{v1::ConsentSet::PURPOSE_MARKETING,
                                 v1::ConsentSet::CONSENT_CHANNEL_EMAIL,
                                 granted,
                                 {},
                                 "changed in the CRM",
                                 changed_ms(*row->second)};
        }
        if (state) record.consents.push_back(*std::move(state));
    }
    return {};
}

}  // namespace till::sync
