#include "agent/core/decimal.hpp"
#include "sync/projection/writer.hpp"

namespace till::sync::detail {

namespace {

__extension__ using Wide = __int128;

std::optional<Blob> customer_blob(const std::optional<CustomerId>& customer) {
    if (!customer) return std::nullopt;
    return blob(customer->value());
}

}  // namespace

Result<void> Writer::write_transaction(const Subject& subject, v1::RetailTransaction& sale) {
    const BusinessKey key = business_key(*subject.said, subject.journal, subject.seq);
    v1::RetailTransaction spent = sale;
    const Digest content = content_hash(spent);
    TILL_TRY(const auto before, taken("SELECT event, content FROM transactions "
                                      "WHERE day = ? AND source_system = ? AND number = ?",
                                      subject, key, content));
    if (before) {
        if (before->event != subject.event) TILL_TRY_VOID(withhold(subject, sale));
        return repeated(subject, key, *before);
    }
    TILL_TRY(const bool held, note_all(subject, sale));
    if (held) return withhold(subject, sale);
    TILL_TRY_VOID(insert_transaction(subject, key, content, sale));
    TILL_TRY_VOID(insert_parts(subject, sale));
    if (subject.said->has_post_void()) TILL_TRY_VOID(link_post_void(subject));
    return heal(subject, key);
}

Result<std::optional<Writer::Taken>> Writer::taken(const char* sql, const Subject& subject,
                                                   const BusinessKey& key, const Digest& content) {
    std::optional<Taken> found;
    const auto read = [&](const Row& row) {
        found = {row.integer(0), row.bytes(1) == view(content)};
    };
    TILL_TRY_VOID(tables_.each(sql, read, subject.day->id, key.system, key.number));
    return found;
}

// The same content once is enough; other content under the same key is for a person to look at.
Result<void> Writer::repeated(const Subject& subject, const BusinessKey& key, const Taken& by) {
    if (by.event == subject.event) return {};
    if (by.same_content)
        return tables_.run("INSERT OR IGNORE INTO duplicates VALUES(?, ?, ?)", subject.event,
                           subject.day->id, by.event);
    return note(subject.event,
                {"conflict", key.system.empty() ? "numbers.receipt_number" : "source.number",
                 "number " + key.number + " of this day was used before, with other content", true},
                subject.day->id);
}

Result<bool> Writer::note_all(const Subject& subject, const v1::RetailTransaction& sale) {
    bool held = false;
    for (const Finding& finding : check(sale)) {
        held |= finding.holds;
        TILL_TRY_VOID(note(subject.event, finding, subject.day->id));
    }
    Tables::Day& day = *subject.day;
    if (!held && day.currency.empty()) {
        day.currency = sale.currency();
        TILL_TRY_VOID(
            tables_.run("UPDATE days SET currency = ? WHERE id = ?", day.currency, day.id));
    }
    if (!held && day.currency != sale.currency())
        TILL_TRY_VOID(
            note(subject.event,
                 {"mixed currencies", "currency",
                  "a transaction in " + sale.currency() + " on a day that began in " + day.currency,
                  false},
                 day.id));
    return held;
}

Result<void> Writer::withhold(const Subject& subject, const v1::RetailTransaction& sale) {
    for (const auto& [measure, amount] : measures(sale))
        TILL_TRY_VOID(tables_.run("INSERT OR REPLACE INTO withheld VALUES(?, ?, ?, ?, ?)",
                                  subject.event, subject.day->id, sale.currency(), measure,
                                  amount));
    return {};
}

Result<void> Writer::insert_transaction(const Subject& subject, const BusinessKey& key,
                                        const Digest& content, const v1::RetailTransaction& sale) {
    const v1::Event& said = *subject.said;
    Tables::Day& day = *subject.day;
    if (day.closed)
        TILL_TRY_VOID(
            tables_.run("UPDATE days SET amendments = ? WHERE id = ?", ++day.amendments, day.id));
    const v1::Totals& totals = sale.totals();
    return tables_.run(
        "INSERT INTO transactions(event, kind, day, source_system, number, transaction_number, "
        "fiscal_invoice, "
        "status, training, only_returns, channel, fulfilment, order_id, currency, decimals, gross, "
        "net, tax, "
        "discount, begin_ms, end_ms, operator, shift, customer, trace, corrected_ms, error_ms, "
        "content, amendment) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?)",
        subject.event, static_cast<int>(said.fact_case()), day.id, key.system, key.number,
        said.numbers().transaction_number(), sale.fiscal_invoice_number(),
        static_cast<int>(sale.status()), sale.training(), only_returns(sale),
        static_cast<int>(sale.channel()), static_cast<int>(sale.fulfilment()), sale.order_id(),
        sale.currency(), sale.currency_decimals(), totals.gross(), totals.net(), totals.tax(),
        totals.discount(), sale.begin_ms(), sale.end_ms(), said.context().operator_id(),
        said.context().shift(), customer_blob(subject.customer), Blob{said.trace_id()},
        subject.corrected_ms, subject.error_ms, content, day.closed ? day.amendments : 0);
}

Result<void> Writer::insert_parts(const Subject& subject, const v1::RetailTransaction& sale) {
    for (int i = 0; i < sale.lines_size(); ++i) {
        TILL_TRY_VOID(insert_line(subject, i, sale.lines(i)));
        if (sale.lines(i).has_original() && counts(sale))
            TILL_TRY_VOID(check_returned(subject, i, sale.lines(i)));
    }
    for (int i = 0; i < sale.tenders_size(); ++i) {
        const v1::Tender& tender = sale.tenders(i);
        TILL_TRY_VOID(tables_.run(
            "INSERT INTO tenders VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", subject.event, i,
            static_cast<int>(tender.type()), static_cast<int>(tender.state()), tender.tendered(),
            tender.applied(), tender.change(), tender.foreign().currency(),
            tender.foreign().amount(), tender.reference(), tender.card_scheme(),
            tender.card_last4(), tender.authorisation()));
    }
    for (int i = 0; i < sale.taxes_size(); ++i) {
        const v1::Tax& tax = sale.taxes(i);
        TILL_TRY_VOID(tables_.run("INSERT INTO taxes VALUES(?, ?, ?, ?, ?, ?, ?, ?)", subject.event,
                                  i, tax.code(), tax.rate().mantissa(), tax.rate().scale(),
                                  tax.taxable(), tax.amount(), tax.included()));
    }
    return {};
}

Result<void> Writer::insert_line(const Subject& subject, int position, const v1::Line& line) {
    std::optional<std::string> original;
    if (line.has_original()) original = line_key(line.original());
    if (original && original->empty()) original.reset();
    const v1::Item& item = line.item();
    return tables_.run(
        "INSERT INTO lines VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        subject.event, position, line.number(), static_cast<int>(line.kind()), item.gtin(),
        item.sku(), item.description(), static_cast<int>(item.item_class()),
        line.quantity().mantissa(), line.quantity().scale(), line.quantity().unit(),
        line.unit_price().mantissa(), line.unit_price().scale(), line.extended_amount(),
        line.amount(), line.tax_code(), line.tax().amount(), line.reason(), line.voided(),
        original);
}

// More of a line came back than was sold (by what is known so far), over all tills. A line whose
// sale is not known may come back in one transaction only.
Result<void> Writer::check_returned(const Subject& subject, int position, const v1::Line& line) {
    const std::string key = line_key(line.original());
    if (key.empty() || line.voided() || line.kind() != v1::LINE_KIND_RETURN) return {};
    Wide returned = 0, sold = 0;
    std::set<std::int64_t> events;
    const auto add = [](Wide& sum, const Row& row) {
        Wide quantity = row.integer(0);
        for (std::int64_t scale = row.integer(1); scale < Decimal::scale_max; ++scale)
            quantity *= 10;
        sum += quantity;
    };
    TILL_TRY_VOID(tables_.each(
        "SELECT l.quantity, l.quantity_scale, l.event FROM lines l JOIN transactions t USING "
        "(event) "
        "WHERE l.original = ? AND NOT l.voided AND t.status = 1 AND NOT t.training AND t.kind = "
        "100 "
        "AND t.voided_by IS NULL",
        [&](const Row& row) {
            add(returned, row);
            events.insert(row.integer(2));
        },
        key));
    const v1::OriginalLine& original = line.original();
    TILL_TRY_VOID(tables_.each(
        "SELECT l.quantity, l.quantity_scale FROM transactions t JOIN days d ON d.id = t.day "
        "JOIN lines l USING (event) WHERE d.business_day = ? AND d.store = ? AND d.workstation = ? "
        "AND t.number = ? AND l.number = ?",
        [&](const Row& row) { add(sold, row); }, original.business_day(), original.store(),
        original.workstation(), original.transaction(), original.line()));
    const bool too_much = sold == 0 ? events.size() > 1 : -returned > sold;
    if (!too_much) return {};
    return note(subject.event,
                {"returned twice", "lines[" + std::to_string(position) + "].original",
                 "line " + std::to_string(original.line()) + " of " + original.transaction()
                     + " came back more often than it was sold",
                 false},
                subject.day->id);
}

Result<void> Writer::link_post_void(const Subject& subject) {
    const v1::PostVoid& said = subject.said->post_void();
    const auto id = Uuid::from_bytes(said.journal_id());
    const Finding unknown{"post-void of unknown", "receipt_number",
                          "it reverses " + said.receipt_number() + ", which has not come in",
                          false};
    if (!id) return note(subject.event, unknown, subject.day->id);
    TILL_TRY(const Tables::Journal journal, tables_.journal(JournalId{*id}));
    const std::int64_t target = event_id(journal.number, Seq{said.seq()});
    TILL_TRY_VOID(
        tables_.run("UPDATE transactions SET voids = ? WHERE event = ?", target, subject.event));
    TILL_TRY(
        const auto before,
        tables_.integer("SELECT coalesce(voided_by, 0) FROM transactions WHERE event = ?", target));
    if (!before) {
        awaited_events_.insert(target);
        return note(subject.event, unknown, subject.day->id);
    }
    if (*before != 0)
        return note(subject.event,
                    {"voided twice", "receipt_number",
                     said.receipt_number() + " was reversed before", false},
                    subject.day->id);
    return tables_.run("UPDATE transactions SET voided_by = ? WHERE event = ?", subject.event,
                       target);
}

// What waited for this transaction finds it now, and the exceptions that said so are closed.
Result<void> Writer::heal(const Subject& subject, const BusinessKey& key) {
    if (awaited_events_.erase(subject.event) > 0) {
        TILL_TRY_VOID(
            tables_.run("UPDATE transactions SET voided_by = (SELECT min(event) FROM transactions "
                        "WHERE voids = ?1) WHERE event = ?1",
                        subject.event));
        TILL_TRY_VOID(
            tables_.run("UPDATE exceptions SET state = 1, fixed_by = 'projector', fixed_ms = ?, "
                        "note = 'it came in later' "
                        "WHERE code = 'post-void of unknown' AND state = 0 AND event IN "
                        "(SELECT event FROM transactions WHERE voids = ?)",
                        subject.corrected_ms, subject.event));
    }
    if (!key.system.empty() || awaited_receipts_.erase(key.number) == 0) return {};
    TILL_TRY_VOID(
        tables_.run("UPDATE transactions SET customer = (SELECT customer FROM customer_links WHERE "
                    "receipt = ?1 "
                    "ORDER BY event LIMIT 1) WHERE event = ?2 AND customer IS NULL",
                    key.number, subject.event));
    return tables_.run(
        "UPDATE exceptions SET state = 1, fixed_by = 'projector', fixed_ms = ?, note = 'it came in "
        "later' "
        "WHERE code = 'claim of unknown' AND state = 0 AND event IN "
        "(SELECT event FROM customer_links WHERE receipt = ?)",
        subject.corrected_ms, key.number);
}

}  // namespace till::sync::detail
