#include "sync/gateway/crm_source.hpp"

#include "agent/core/limits.hpp"
#include "agent/customer/identifier.hpp"
#include "sync/projection/rules.hpp"

namespace till::sync {

namespace {

/// What was salvaged from a damaged journal is told as what it was: itself, at its own time.
bool unwrap(CrmEvent& told, std::int64_t clock_offset_ms) {
    if (!told.event.has_salvaged_event()) return true;
    told.at_ms = innermost(told.event.salvaged_event()).wall_ms() + clock_offset_ms;
    return unwrap_salvaged(told.event);
}

bool is_nobody(const Error& error) { return error.code == Errc::not_found; }

}  // namespace

Result<std::vector<std::pair<JournalId, Seq>>> CrmSource::projected() {
    return parts_.queries->cursors();
}

Result<std::vector<OutboxSource::Candidate>> CrmSource::read(const JournalId& journal, Seq after,
                                                             Seq upto, std::size_t most,
                                                             bool with_person) {
    TILL_TRY(const auto run, parts_.store->read(journal, after, limits::batch_bytes_target, most));
    std::vector<Candidate> found;
    for (const StoredEnvelope& one : run) {
        if (one.envelope.seq > upto) break;
        TILL_TRY(found.emplace_back(), judge(journal, one, with_person));
    }
    return found;
}

Result<OutboxSource::Candidate> CrmSource::judge(const JournalId& journal,
                                                 const StoredEnvelope& one, bool with_person) {
    Candidate candidate{.seq = one.envelope.seq};
    TILL_TRY(auto standing, parts_.queries->standing(journal, one.envelope.seq, parts_.connector));
    candidate.verdict = standing.counts  ? Verdict::counts
                        : standing.waits ? Verdict::waits
                                         : Verdict::never;
    CrmEvent& event = candidate.event;
    event.journal = journal;
    event.seq = one.envelope.seq;
    event.at_ms = one.envelope.times.wall.value() + one.clock_offset_ms;
    event.customer = standing.customer;
    const bool read = event.event.ParseFromString(standing.correction.value_or(one.envelope.body))
                      && unwrap(event, one.clock_offset_ms);
    const bool training = event.event.retail_transaction().training()
                          || event.event.post_void().reversal().training();
    if (!read || training) candidate.verdict = standing.waits ? Verdict::waits : Verdict::never;
    if (candidate.verdict != Verdict::counts) return candidate;
    const auto& count = event.event.stock_count_lines();
    if (count.state() == v1::StockCountLines::SESSION_STATE_APPROVED) {
        TILL_TRY(event.counted,
                 parts_.queries->counted(event.event.context().store(), count.session()));
    }
    if (event.customer && with_person) TILL_TRY_VOID(add_customer(event));
    return candidate;
}

/// Who she is by now, and what of it this CRM has not had from us yet.
Result<void> CrmSource::add_customer(CrmEvent& event) {
    TILL_TRY(event.family, parts_.vault->family(*event.customer));
    event.customer = event.family.front();
    TILL_TRY(event.records, parts_.queries->records_of(event.family, parts_.connector));
    auto person = parts_.vault->show(*event.customer);
    if (!person && is_nobody(person.error())) return {};  // Erased.
    if (!person) return person.error();
    event.person = *std::move(person);
    TILL_TRY(auto view, parts_.queries->customer_head(event.family));
    event.consents = std::move(view.consents);
    TILL_TRY(event.agreement, state_.agreement(parts_.connector, *event.customer, event.records));
    const TokenOf token = [this](const v1::Identifier& one) { return this->token(one); };
    if (!agreed(event.agreement, name_of(event.person), token)) event.fresh_person = event.person;
    event.fresh_person.clear_identifiers();
    for (const auto& each : event.person.identifiers())
        if (!agreed(event.agreement, each, token)) *event.fresh_person.add_identifiers() = each;
    for (const ConsentState& each : event.consents)
        if (!agreed(event.agreement, each)) event.fresh_consents.push_back(each);
    agree(event.agreement, event.person, event.consents, token);
    return {};
}

Digest CrmSource::token(const v1::Identifier& identifier) {
    return parts_.vault->token(identifier);
}

Result<std::string> CrmSource::normalise(v1::IdentifierType type, const std::string& value) {
    return till::normalise(type, value,
                           {.default_country = parts_.country, .loyalty_prefixes = {}});
}

/// Its own word for her first, then whoever has one of her identifiers.
Result<std::optional<CustomerId>> CrmSource::customer_of(const std::string& source,
                                                         const CrmRecord& record) {
    if (record.customer) return record.customer;
    TILL_TRY(const auto told, parts_.queries->customer_of_record(source, record.record));
    if (told) return told;
    for (const auto& each : record.person.identifiers()) {
        TILL_TRY(const auto found, parts_.vault->find(each.type(), each.value()));
        if (found) return found;
    }
    return std::optional<CustomerId>{};
}

Result<std::optional<InboxView::Known>> CrmSource::find(const std::string& source,
                                                        const CrmRecord& record) {
    TILL_TRY(const auto customer, customer_of(source, record));
    if (!customer) return std::optional<Known>{};
    TILL_TRY(const auto family, parts_.vault->family(*customer));
    auto person = parts_.vault->show(family.front());
    if (!person && is_nobody(person.error())) return std::optional<Known>{};
    if (!person) return person.error();
    Known known{.customer = family.front(), .person = *std::move(person), .consents = {}};
    auto view = parts_.queries->customer_head(family);
    if (!view && !is_nobody(view.error())) return view.error();
    if (view) known.consents = std::move(view->consents);
    return std::optional{std::move(known)};
}

}  // namespace till::sync
