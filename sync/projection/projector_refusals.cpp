#include "sync/projection/projector_impl.hpp"
#include "sync/projection/views.hpp"

// Exceptions of CRMs: what counts here, and a CRM will not have.
namespace till::sync {

namespace {

constexpr std::string_view refused_by = "refused by ";

const v1::Totals& totals_of(const v1::Event& event) {
    return event.has_post_void() ? event.post_void().reversal().totals()
                                 : event.retail_transaction().totals();
}

/// A CRM may be told otherwise what was sold to whom, never another amount.
Result<void> check_same_fact(BytesView counted, BytesView body) {
    v1::Event stored, corrected;
    const auto read = [](BytesView from, v1::Event& into) {
        return into.ParseFromArray(from.data(), static_cast<int>(from.size()));
    };
    if (!read(counted, stored) || !read(body, corrected)
        || corrected.fact_case() != stored.fact_case() || !unwrap_salvaged(stored)
        || !unwrap_salvaged(corrected) || corrected.fact_case() != stored.fact_case())
        return Error{Errc::malformed, "it is not an event of the same kind", "event"};
    if (totals_of(corrected).SerializeAsString() != totals_of(stored).SerializeAsString())
        return Error{Errc::out_of_range, "what a CRM is told must come to what was sold", "totals"};
    return {};
}

}  // namespace

std::string refusal_code(std::string_view crm) { return std::string{refused_by}.append(crm); }

std::optional<std::string> refusing_crm(std::string_view code) {
    if (!code.starts_with(refused_by)) return std::nullopt;
    return std::string{code.substr(refused_by.size())};
}

Result<void> Projector::note_refused(const std::string& crm, std::span<const Refused> all,
                                     std::int64_t now_ms) {
    const std::string code = refusal_code(crm);
    return impl_->in_transaction([&]() -> Result<void> {
        Tables& tables = impl_->tables;
        TILL_TRY_VOID(
            tables.run("UPDATE exceptions SET state = 1, fixed_by = 'projector', fixed_ms = ?, "
                       "note = 'taken, or sent again' WHERE code = ? AND state = 0",
                       now_ms, code));
        for (const Refused& each : all) {
            TILL_TRY(const auto owner, tables.find_journal(each.journal));
            if (!owner) continue;
            const std::int64_t event = detail::event_id(owner->number, each.seq);
            TILL_TRY_VOID(tables.run(
                "INSERT INTO exceptions(event, code, field, cause, held, day) VALUES(?1, ?2, ?3, "
                "?4, 0, (SELECT day FROM transactions WHERE event = ?1)) ON CONFLICT DO UPDATE SET "
                "cause = ?4, state = 0, fixed_by = NULL, fixed_ms = NULL, note = NULL",
                event, code, each.field, each.cause));
        }
        return {};
    });
}

Result<void> Projector::Impl::correct_refused(std::int64_t exception, BytesView body,
                                              const Fix& fix, Store& store) {
    const Error none{Errc::not_found, "no open exception " + std::to_string(exception)
                                          + " that holds an event or is a CRM's"};
    std::int64_t event = 0;
    std::string code;
    TILL_TRY_VOID(tables.each(
        "SELECT event, code FROM exceptions WHERE id = ? AND state = 0 AND NOT held",
        [&](const Row& row) { event = row.integer(0), code = row.bytes(1); }, exception));
    if (!refusing_crm(code)) return none;
    if (const auto counted = corrections.find(event); counted != corrections.end()) {
        TILL_TRY_VOID(check_same_fact(counted->second, body));
    } else {
        TILL_TRY(const JournalId journal, tables.journal_id(detail::journal_of(event)));
        TILL_TRY(const auto run, store.read(journal, Seq{detail::seq_of(event).value() - 1}, 1, 1));
        if (run.empty()) return Error{Errc::not_found, "the ledger has let go of this event"};
        TILL_TRY_VOID(check_same_fact(run.front().envelope.body, body));
    }
    return in_transaction([&]() -> Result<void> {
        TILL_TRY_VOID(tables.run("DELETE FROM exceptions WHERE event = ? AND code = ? || ?", event,
                                 code, detail::corrected_suffix));
        return tables.run(
            "UPDATE exceptions SET code = code || ?, state = 1, fixed_by = ?, note = ?, "
            "fixed_ms = ?, correction = ? WHERE id = ?",
            detail::corrected_suffix, fix.by, fix.note, fix.at_ms, Blob{body}, exception);
    });
}

}  // namespace till::sync
