#pragma once

#include "sync/wire/events.pb.h"

#include <string>
#include <vector>

namespace till::sync {

namespace v1 = tillstream::v1;

inline v1::Event event_of(const std::string& workstation = "12/3",
                          const std::string& day = "2026-11-23") {
    v1::Event event;
    event.mutable_context()->set_store("12");
    event.mutable_context()->set_workstation(workstation);
    event.mutable_context()->set_business_day(day);
    event.mutable_context()->set_operator_id("amy");
    event.set_trace_id(std::string(16, 't'));
    return event;
}

/// Adds a line of `quantity` at `price` minor units each (a return when the quantity is negative)
/// and keeps taxes (5 % included), tenders (cash) and totals in step.
inline void add_line(v1::RetailTransaction& sale, std::int64_t quantity, std::int64_t price) {
    v1::Line& line = *sale.add_lines();
    line.set_number(static_cast<std::uint32_t>(sale.lines_size()));
    line.set_kind(quantity < 0 ? v1::LINE_KIND_RETURN : v1::LINE_KIND_SALE);
    line.mutable_item()->set_sku("sku-" + std::to_string(price));
    line.mutable_quantity()->set_mantissa(quantity);
    line.mutable_unit_price()->set_mantissa(price);
    line.mutable_unit_price()->set_scale(2);
    line.set_extended_amount(quantity * price);
    line.set_amount(quantity * price);
    const std::int64_t gross = sale.totals().gross() + quantity * price;
    const std::int64_t tax = gross * 5 / 105;
    v1::Tax& taxes = sale.taxes_size() == 0 ? *sale.add_taxes() : *sale.mutable_taxes(0);
    taxes.set_code("5");
    taxes.set_included(true);
    taxes.set_taxable(gross - tax);
    taxes.set_amount(tax);
    v1::Tender& tender = sale.tenders_size() == 0 ? *sale.add_tenders() : *sale.mutable_tenders(0);
    tender.set_type(v1::TENDER_TYPE_CASH);
    tender.set_state(v1::TENDER_STATE_APPROVED);
    tender.set_tendered(gross);
    tender.set_applied(gross);
    sale.mutable_totals()->set_gross(gross);
    sale.mutable_totals()->set_tax(tax);
    sale.mutable_totals()->set_net(gross - tax);
}

/// A completed sale of one line.
inline v1::Event sale_of(const std::string& receipt, std::int64_t price, std::int64_t quantity = 1,
                         const std::string& workstation = "12/3",
                         const std::string& day = "2026-11-23") {
    v1::Event event = event_of(workstation, day);
    event.mutable_numbers()->set_receipt_number(receipt);
    v1::RetailTransaction& sale = *event.mutable_retail_transaction();
    sale.set_status(v1::TRANSACTION_STATUS_COMPLETED);
    sale.set_currency("EUR");
    sale.set_currency_decimals(2);
    sale.set_channel(v1::CHANNEL_STORE);
    add_line(sale, quantity, price);
    return event;
}

/// The same as another POS made it.
inline v1::Event foreign_sale_of(const std::string& number, std::int64_t price) {
    v1::Event event = sale_of("", price);
    event.mutable_retail_transaction()->mutable_source()->set_system("uci");
    event.mutable_retail_transaction()->mutable_source()->set_number(number);
    return event;
}

}  // namespace till::sync
