#include "sync/projection/writer.hpp"

namespace till::sync::detail {

Result<void> Writer::write_control(const Subject& subject) {
    const v1::ControlTransaction& said = subject.said->control_transaction();
    Tables::Day* day = subject.day;
    const bool opens = said.type() == v1::ControlTransaction::TYPE_DAY_OPEN;
    if (opens || said.type() == v1::ControlTransaction::TYPE_DAY_CLOSE) {
        v1::Context of_day = subject.said->context();
        if (!said.business_day().empty()) of_day.set_business_day(said.business_day());
        TILL_TRY(day, tables_.day(of_day));
        day->closed = !opens;
        TILL_TRY_VOID(tables_.run("UPDATE days SET closed = ? WHERE id = ?", day->closed, day->id));
    }
    return tables_.run("INSERT INTO controls VALUES(?, ?, ?, ?, ?, ?, ?)", subject.event, day->id,
                       static_cast<int>(said.type()), said.operator_id(), said.reason(),
                       said.shift(), subject.corrected_ms);
}

// An opening that nobody ordered is a fact that somebody should look at.
Result<void> Writer::write_drawer_opened(const Subject& subject) {
    const v1::DrawerOpened& said = subject.said->drawer_opened();
    const v1::Context& context = subject.said->context();
    if (said.cause() == v1::DrawerOpened::CAUSE_WITHOUT_ORDER)
        TILL_TRY_VOID(
            note(subject.event,
                 {"drawer without order", "cause",
                  "the cash drawer was opened by key or by force, not by the till", false},
                 subject.day->id));
    return tables_.run("INSERT INTO drawer_openings VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       subject.event, subject.day->id, static_cast<int>(said.cause()),
                       static_cast<int>(said.sensed()), said.reason(), said.receipt_number(),
                       context.operator_id(), context.drawer(), subject.corrected_ms);
}

Result<void> Writer::write_drawer_stayed_shut(const Subject& subject) {
    const v1::DrawerStayedShut& said = subject.said->drawer_stayed_shut();
    const std::int64_t journal = journal_of(subject.event);
    // Salvaged from another journal, it names an order there.
    if (event_id(journal, subject.seq) != subject.event) return {};
    return tables_.run("UPDATE drawer_openings SET opened = 2 WHERE event = ?",
                       event_id(journal, Seq{said.ordered()}));
}

Result<void> Writer::write_tender_control(const Subject& subject) {
    const v1::TenderControl& said = subject.said->tender_control();
    return tables_.run("INSERT INTO tender_controls VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       subject.event, subject.day->id, static_cast<int>(said.type()),
                       said.currency(), said.currency_decimals(), said.amount(),
                       static_cast<int>(said.tender()), said.reason(), said.training(),
                       subject.corrected_ms);
}

Result<void> Writer::write_identified(const Subject& subject) {
    const v1::CustomerIdentified& said = subject.said->customer_identified();
    if (!subject.customer || said.transaction().empty())
        return {};  // The sale in hand carries it, too.
    return claim(subject, said.transaction());
}

// A past receipt is claimed once; the same customer may say so again.
Result<void> Writer::claim(const Subject& subject, const std::string& receipt) {
    const Uuid& customer = subject.customer->value();
    std::int64_t event = 0;
    std::optional<Bytes> owner;
    TILL_TRY_VOID(tables_.each(
        "SELECT event, customer FROM transactions WHERE number = ? AND source_system = ''",
        [&](const Row& row) {
            event = row.integer(0);
            if (const auto bytes = row.optional_bytes(1)) owner = Bytes{*bytes};
        },
        receipt));
    if (event == 0) {
        awaited_receipts_.insert(receipt);
        return note(subject.event,
                    {"claim of unknown", "transaction",
                     "it claims receipt " + receipt + ", which has not come in", false},
                    subject.day->id);
    }
    if (!owner)
        return tables_.run("UPDATE transactions SET customer = ? WHERE event = ?", blob(customer),
                           event);
    if (*owner == customer.bytes()) return {};
    return note(subject.event,
                {"claimed twice", "transaction",
                 "receipt " + receipt + " belongs to another customer already", false},
                subject.day->id);
}

Result<void> Writer::write_enrolled(const Subject& subject) {
    const v1::CustomerEnrolled& said = subject.said->customer_enrolled();
    for (int i = 0; i < said.consents_size(); ++i)
        TILL_TRY_VOID(write_consent(subject, i, said.consents(i)));
    if (!subject.customer) return {};
    return tables_.run(
        "UPDATE customers SET enrolled_event = coalesce(enrolled_event, ?), business = ?, "
        "country = ?, language = ? WHERE id = ?",
        subject.event, said.business(), said.country(), said.language(),
        blob(subject.customer->value()));
}

Result<void> Writer::write_consent(const Subject& subject, int position,
                                   const v1::ConsentSet& consent) {
    std::optional<Blob> customer;
    if (subject.customer) customer = blob(subject.customer->value());
    return tables_.run(
        "INSERT INTO consents VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", subject.event, position,
        customer, static_cast<int>(consent.purpose()), static_cast<int>(consent.channel()),
        consent.granted(), consent.text_version(), consent.proof(),
        subject.said->context().operator_id(), subject.corrected_ms, subject.error_ms);
}

Result<void> Writer::write_count(const Subject& subject) {
    const v1::StockCountLines& said = subject.said->stock_count_lines();
    for (int i = 0; i < said.lines_size(); ++i) {
        const v1::CountLine& line = said.lines(i);
        TILL_TRY_VOID(tables_.run(
            "INSERT INTO stock_counts VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            subject.event, i, subject.said->context().store(), said.session(), said.location(),
            said.scope(), static_cast<int>(said.state()), line.item().gtin(), line.item().sku(),
            line.item().description(), line.counted().mantissa(), line.counted().scale(),
            line.counted().unit(), line.counted_ms(), line.recount(), line.counter()));
    }
    return {};
}

Result<void> Writer::write_adjustment(const Subject& subject) {
    v1::StockAdjustment& said = *subject.said->mutable_stock_adjustment();
    const v1::ForeignSource source = said.source();
    const BusinessKey key = business_key(*subject.said, subject.journal, subject.seq);
    v1::StockAdjustment spent = said;
    const Digest content = content_hash(spent);
    TILL_TRY(const auto before, taken("SELECT event, content FROM foreign_documents "
                                      "WHERE day = ? AND source_system = ? AND number = ?",
                                      subject, key, content));
    if (before) return repeated(subject, key, *before);
    TILL_TRY_VOID(tables_.run("INSERT INTO foreign_documents VALUES(?, ?, ?, ?, ?)",
                              subject.day->id, key.system, key.number, subject.event, content));
    for (int i = 0; i < source.doubts_size(); ++i)
        TILL_TRY_VOID(note(subject.event,
                           {"doubt " + std::to_string(i + 1), source.doubts(i).field(),
                            source.doubts(i).detail(), false},
                           subject.day->id));
    for (int i = 0; i < said.lines_size(); ++i) {
        const v1::AdjustmentLine& line = said.lines(i);
        const std::string& reason = line.reason().empty() ? said.reason() : line.reason();
        TILL_TRY_VOID(tables_.run(
            "INSERT INTO stock_adjustments VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            subject.event, i, subject.said->context().store(), key.system, source.number(),
            line.item().gtin(), line.item().sku(), line.item().description(),
            line.quantity().mantissa(), line.quantity().scale(), line.quantity().unit(), reason,
            said.at_ms()));
    }
    return {};
}

Result<void> Writer::write_set_aside(const Subject& subject) {
    const v1::ForeignRowsSetAside& said = subject.said->foreign_rows_set_aside();
    for (int i = 0; i < said.rows_size(); ++i)
        TILL_TRY_VOID(tables_.run("INSERT INTO set_aside VALUES(?, ?, ?, ?, ?, ?, ?)",
                                  subject.event, i, said.system(), said.file_name(),
                                  Blob{said.file_sha256()}, said.rows(i).line(),
                                  said.rows(i).reason()));
    return {};
}

// A list that lacks what is on the shelf is somebody's to mend.
Result<void> Writer::write_unknown_scan(const Subject& subject) {
    const v1::Context& context = subject.said->context();
    return note(
        subject.event,
        {"unknown article", "gtin",
         "till " + context.store() + "/" + context.workstation() + " scanned "
             + subject.said->unknown_scan().gtin() + ", which its product list does not have",
         false},
        subject.day->id);
}

}  // namespace till::sync::detail
