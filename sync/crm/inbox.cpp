#include "sync/crm/inbox.hpp"

#include <algorithm>

namespace till::sync {

namespace {

constexpr std::size_t seen_max = 500'000;
constexpr std::uint64_t dates_ms = 3000;

bool has(const v1::Personal& person, const v1::Identifier& identifier) {
    return std::ranges::any_of(person.identifiers(), [&](const v1::Identifier& each) {
        return each.type() == identifier.type() && each.value() == identifier.value();
    });
}

bool may_be_dropped(v1::IdentifierType type) {
    return type == v1::IDENTIFIER_TYPE_PHONE || type == v1::IDENTIFIER_TYPE_EMAIL
           || type == v1::IDENTIFIER_TYPE_LOYALTY_CARD;
}

/// What of the record the centre does not have, and what it has that this CRM once had and has no more.
v1::Personal differences(const CrmRecord& record, const v1::Personal& known, const Agreement& on,
                         const TokenOf& token) {
    v1::Personal said;
    for (const auto& each : record.person.identifiers())
        if (!has(known, each) && !agreed(on, each, token)) *said.add_identifiers() = each;
    for (const auto& each : known.identifiers())
        if (may_be_dropped(each.type()) && !has(record.person, each) && agreed(on, each, token))
            *said.add_former() = each;
    const auto name = name_of(record.person);
    if (name.value() == name_of(known).value() || agreed(on, name, token)) return said;
    said.set_given_name(record.person.given_name());
    said.set_family_name(record.person.family_name());
    said.set_company(record.person.company());
    return said;
}

void add_consents(const CrmRecord& record, const std::vector<ConsentState>& known,
                  const Agreement& on, v1::CustomerChanged& said) {
    for (const ConsentState& each : record.consents) {
        const auto is_same = [&](const ConsentState& other) {
            return other.purpose == each.purpose && other.channel == each.channel;
        };
        const auto here = std::ranges::find_if(known, is_same);
        const bool granted_here = here != known.end() && here->granted;
        // Of what it says nothing it never said anything else, unless that was agreed on.
        const bool said_nothing =
            each.at_ms == 0 && !on.consents.contains({each.purpose, each.channel});
        if (said_nothing || agreed(on, each) || granted_here == each.granted) continue;
        v1::ConsentSet& consent = *said.add_consents();
        consent.set_purpose(static_cast<v1::ConsentSet::Purpose>(each.purpose));
        consent.set_channel(static_cast<v1::ConsentSet::ConsentChannel>(each.channel));
        consent.set_granted(each.granted);
        consent.set_proof(each.proof);
        consent.set_at_ms(each.at_ms == 0 ? record.changed_ms : each.at_ms);
    }
}

}  // namespace

Result<std::size_t> Inbox::step() {
    std::size_t news = 0;
    TILL_TRY(const std::string since, state_.since(connector_.name()));
    const auto wanted = [this](const std::string& record, std::uint64_t state) {
        const auto seen = seen_.find(record);
        return seen == seen_.end() || seen->second.state != state || !seen->second.settled;
    };
    const auto visit = [&](std::vector<CrmRecord> records) {
        return take(std::move(records), news);
    };
    TILL_TRY(const std::string next, connector_.read_changes(since, wanted, visit));
    if (next != since) TILL_TRY_VOID(state_.read_up_to(connector_.name(), next));
    return news;
}

/// What is agreed on is noted after it was said: once more it would be no news.
Result<void> Inbox::take(std::vector<CrmRecord> records, std::size_t& news) {
    std::vector<CrmChange> changes;
    OutboxState::Agreements agreed;
    if (seen_.size() > seen_max) seen_.clear();
    for (CrmRecord& record : records) TILL_TRY_VOID(consider(std::move(record), changes, agreed));
    news += changes.size();
    if (!changes.empty()) TILL_TRY_VOID(say_(std::move(changes)));
    return state_.agree(connector_.name(), agreed);
}

/// A CRM that dates to the second shows two changes within one as one state: it is read once more after that.
void Inbox::note_seen(const CrmRecord& record) {
    const std::uint64_t now = clock_.now().since_boot.value();
    Seen& seen = seen_[record.record];
    if (seen.since == 0 || seen.state != record.state) seen = {.state = record.state, .since = now};
    seen.settled = now - seen.since >= dates_ms;
}

void Inbox::normalise(v1::Personal& person) {
    v1::Personal kept = person;
    kept.clear_identifiers();
    for (auto& each : *person.mutable_identifiers()) {
        auto value = view_.normalise(each.type(), each.value());
        if (!value) continue;  // A person typed it there; it finds nobody.
        each.set_value(*std::move(value));
        if (!has(kept, each)) *kept.add_identifiers() = each;
    }
    person = std::move(kept);
}

Result<void> Inbox::consider(CrmRecord record, std::vector<CrmChange>& changes,
                             OutboxState::Agreements& agreed) {
    normalise(record.person);
    const std::string& source = connector_.name();
    TILL_TRY(const auto known, view_.find(source, record));
    if (!known && record.person.identifiers().empty()) return {};  // Nobody whom a till could find.
    const TokenOf token = [this](const v1::Identifier& one) { return view_.token(one); };
    Agreement on;
    if (known) { TILL_TRY(on, state_.agreement(source, known->customer, {{record.record}})); }
    CrmChange change;
    change.person = differences(record, known ? known->person : v1::Personal{}, on, token);
    add_consents(record, known ? known->consents : std::vector<ConsentState>{}, on, change.said);
    if (change.person.ByteSizeLong() > 0 || change.said.consents_size() > 0) {
        change.said.set_source(source);
        change.said.set_record(record.record);
        if (known) change.said.set_customer(Bytes{known->customer.value().bytes()});
        change.at_ms = record.changed_ms;
        for (const auto& each : change.said.consents())
            change.at_ms = std::max(change.at_ms, each.at_ms());
        change.key = record.record + "@" + std::to_string(record.changed_ms);
        changes.push_back(std::move(change));
    }
    Agreement now;
    agree(now, record.person, record.consents, token);
    // She has an id once this is projected; what is agreed on until then hangs on the record.
    if (!known) return state_.agree(source, record.record, now);
    // What was changed here and is on its way there is not agreed on by that.
    for (const auto& each : known->person.identifiers())
        if (!has(record.person, each) && !may_be_dropped(each.type())
            && sync::agreed(on, each, token))
            now.tokens.insert(Bytes{view(token(each))});
    agreed.emplace_back(known->customer, std::move(now));
    note_seen(record);
    return {};
}

}  // namespace till::sync
