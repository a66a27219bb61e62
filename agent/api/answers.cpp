#include "agent/api/answers.hpp"

#include "agent/core/decimal.hpp"

namespace till {

v1::Captured captured_of(const v1::Event& event, const Stored& stored) {
    v1::Captured out;
    out.set_journal_id(stored.journal.value().text());
    out.set_seq(stored.seq.value());
    out.set_receipt_number(stored.receipt_number);
    out.set_transaction_number(stored.transaction_number);
    out.set_business_day(event.context().business_day());
    out.set_replayed(stored.replayed);
    if (!event.has_retail_transaction() && !event.has_post_void()) return out;
    const v1::RetailTransaction& sale =
        event.has_post_void() ? event.post_void().reversal() : event.retail_transaction();
    const auto decimals = static_cast<int>(sale.currency_decimals());
    out.set_total(Decimal{sale.totals().gross(), decimals}.text());
    out.set_change(Decimal{sale.totals().change(), decimals}.text());
    out.set_currency(sale.currency());
    return out;
}

v1::StoredEvent shown(const sync::Envelope& envelope) {
    v1::StoredEvent event;
    event.set_seq(envelope.seq.value());
    event.set_kind(envelope.kind.value());
    event.set_wall_ms(envelope.times.wall.value());
    event.set_has_sealed(!envelope.sealed.empty() || envelope.erased_sealed.has_value());
    if (!event.mutable_event()->ParseFromString(envelope.body)) event.clear_event();
    return event;
}

}  // namespace till
