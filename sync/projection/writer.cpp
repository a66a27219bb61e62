#include "sync/projection/writer.hpp"

#include "sync/wire/centre.hpp"

namespace till::sync::detail {

Result<void> Writer::prepare() {
    tables_.forget();
    awaited_events_.clear();
    awaited_receipts_.clear();
    TILL_TRY_VOID(tables_.each(
        "SELECT v.voids FROM transactions v LEFT JOIN transactions t ON t.event = v.voids "
        "WHERE v.voids IS NOT NULL AND t.event IS NULL",
        [&](const Row& row) { awaited_events_.insert(row.integer(0)); }));
    return tables_.each(
        "SELECT receipt FROM customer_links WHERE receipt <> '' AND NOT EXISTS "
        "(SELECT 1 FROM transactions WHERE number = receipt AND source_system = '')",
        [&](const Row& row) { awaited_receipts_.emplace(row.bytes(0)); });
}

Result<void> Writer::write(const JournalId& journal, const Tables::Journal& at,
                           const StoredEnvelope& stored, std::optional<BytesView> correction) {
    const Envelope& envelope = stored.envelope;
    const BytesView body = correction.value_or(envelope.body);
    const std::int64_t event = event_id(at.number, envelope.seq);
    if (!is_known(envelope.kind))
        return tables_.run("INSERT OR IGNORE INTO parked VALUES(?, ?)", event,
                           envelope.kind.value());

    google::protobuf::Arena arena;
    auto* said = google::protobuf::Arena::CreateMessage<v1::Event>(&arena);
    const bool parsed = said->ParseFromArray(body.data(), static_cast<int>(body.size()));
    if (!parsed || static_cast<std::uint32_t>(said->fact_case()) != envelope.kind.value())
        return note(event,
                    {"unparsable", "",
                     parsed ? "the body is of another kind than its envelope says"
                            : "the body is not an event: its bytes cannot be read",
                     true},
                    std::nullopt);
    Subject subject{.event = event,
                    .journal = journal,
                    .owner = at.device ? at.device->value() : journal.value(),
                    .seq = envelope.seq,
                    .corrected_ms = envelope.times.wall.value() + stored.clock_offset_ms,
                    .error_ms = stored.clock_error_ms,
                    .said = said};
    if (said->has_journal_damaged()) return write_damaged(subject);
    if (is_centre_fact(envelope.kind)) {
        if (at.device != centre_device())
            return note(event,
                        {"not the centre's", "", "only the centre itself may say this", true},
                        std::nullopt);
        TILL_TRY_VOID(find_customer(stored, subject));
        return write_fact(subject);
    }
    TILL_TRY(subject.day, tables_.day(said->context()));
    TILL_TRY_VOID(count_event(subject));
    if (said->has_salvaged_event()) return write_salvaged(stored, subject);
    TILL_TRY(const bool repeated, is_repeated_capture(subject, correction.has_value()));
    if (repeated) return {};
    TILL_TRY_VOID(find_customer(stored, subject));
    return write_fact(subject);
}

Result<void> Writer::write_fact(const Subject& subject) {
    v1::Event& said = *subject.said;
    switch (said.fact_case()) {
        case v1::Event::kRetailTransaction:
            return write_transaction(subject, *said.mutable_retail_transaction());
        case v1::Event::kPostVoid:
            return write_transaction(subject, *said.mutable_post_void()->mutable_reversal());
        case v1::Event::kTenderControl:
            return write_tender_control(subject);
        case v1::Event::kControlTransaction:
            return write_control(subject);
        case v1::Event::kDrawerOpened:
            return write_drawer_opened(subject);
        case v1::Event::kDrawerStayedShut:
            return write_drawer_stayed_shut(subject);
        case v1::Event::kCustomerIdentified:
            return write_identified(subject);
        case v1::Event::kCustomerEnrolled:
            return write_enrolled(subject);
        case v1::Event::kConsentSet:
            return write_consent(subject, 0, said.consent_set());
        case v1::Event::kCustomerChanged:
            return write_changed(subject);
        case v1::Event::kCustomersMerged:
            return write_merged(subject);
        case v1::Event::kCustomersSeparated:
            return write_separated(subject);
        case v1::Event::kCustomerErased:
            return write_erased(subject);
        case v1::Event::kStockCountLines:
            return write_count(subject);
        case v1::Event::kStockAdjustment:
            return write_adjustment(subject);
        case v1::Event::kForeignRowsSetAside:
            return write_set_aside(subject);
        case v1::Event::kUnknownScan:
            return write_unknown_scan(subject);
        case v1::Event::kJournalDamaged:
            return write_damaged(subject);
        case v1::Event::kSalvagedEvent:  // What it brings comes here in its place.
        case v1::Event::FACT_NOT_SET:
            break;
    }
    return {};
}

Result<void> Writer::note(std::int64_t event, const Finding& finding,
                          std::optional<std::int64_t> day) {
    return tables_.run(
        "INSERT OR IGNORE INTO exceptions(event, code, field, cause, held, day) "
        "VALUES(?, ?, ?, ?, ?, ?)",
        event, finding.code, finding.field, finding.cause, finding.holds, day);
}

Result<void> Writer::count_event(const Subject& subject) {
    return tables_.run(
        "INSERT INTO day_events VALUES(?, ?, 1, ?) ON CONFLICT DO UPDATE "
        "SET events = events + 1, last = max(last, excluded.last)",
        subject.day->id, journal_of(subject.event), subject.seq.value());
}

// A sealed part that does not open costs the sale its customer, never the sale.
Result<void> Writer::find_customer(const StoredEnvelope& stored, Subject& subject) {
    TILL_TRY(const auto known, known_customer(subject.said->customer_changed()));
    if (stored.envelope.sealed.empty()) {  // A CRM may change no more than a consent.
        if (!known) return {};
        TILL_TRY(const auto erased, vault_.erased_ms(*known));
        if (erased) return {};
        TILL_TRY(subject.customer, vault_.present(*known));
        return see_customer(subject);
    }
    const auto found = vault_.identify(subject.said->sealed().key_id(), stored.envelope.sealed,
                                       subject.corrected_ms, known);
    std::optional<std::int64_t> day;
    if (subject.day) day = subject.day->id;
    if (!found) {
        const Errc code = found.error().code;
        if (code != Errc::not_found && code != Errc::not_trusted && code != Errc::malformed)
            return found.error();
        return note(subject.event, {"sealed part", "sealed", found.error().detail, false}, day);
    }
    if (!*found) return {};
    if ((*found)->erased)
        return tables_.run("INSERT OR IGNORE INTO sealed_to_erase VALUES(?)", subject.event);
    subject.customer = (*found)->customer;
    for (const CustomerId& merged : (*found)->merged) TILL_TRY_VOID(has_news(merged));
    if (!(*found)->others.empty())
        TILL_TRY_VOID(note(subject.event,
                           {"two customers", "sealed",
                            "its identifiers name " + std::to_string((*found)->others.size() + 1)
                                + " customers; are they one person?",
                            false},
                           day));
    return see_customer(subject);
}

Result<void> Writer::see_customer(const Subject& subject) {
    const Uuid& id = subject.customer->value();
    TILL_TRY_VOID(tables_.run(
        "INSERT INTO customers(id, first_seen_ms, last_seen_ms) VALUES(?1, ?2, ?2) ON CONFLICT DO "
        "UPDATE "
        "SET first_seen_ms = min(first_seen_ms, ?2), last_seen_ms = max(last_seen_ms, ?2)",
        blob(id), subject.corrected_ms));
    TILL_TRY_VOID(has_news(*subject.customer));
    const std::string& receipt = subject.said->customer_identified().transaction();
    return tables_.run("INSERT OR IGNORE INTO customer_links VALUES(?, ?, ?, ?)", blob(id),
                       subject.event, static_cast<int>(subject.said->fact_case()), receipt);
}

}  // namespace till::sync::detail
