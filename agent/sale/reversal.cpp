#include "agent/sale/reversal.hpp"

namespace till {

v1::RetailTransaction reversal_of(const v1::RetailTransaction& original, std::int64_t now_ms) {
    v1::RetailTransaction out = original;
    out.set_begin_ms(now_ms);
    out.set_end_ms(now_ms);
    out.set_cash_rounding(-out.cash_rounding());
    for (v1::Discount& discount : *out.mutable_discounts()) discount.set_amount(-discount.amount());
    for (v1::Line& line : *out.mutable_lines()) {
        line.mutable_quantity()->set_mantissa(-line.quantity().mantissa());
        line.set_extended_amount(-line.extended_amount());
        line.set_amount(-line.amount());
        for (v1::Discount& discount : *line.mutable_discounts())
            discount.set_amount(-discount.amount());
        if (!line.has_tax()) continue;
        line.mutable_tax()->set_taxable(-line.tax().taxable());
        line.mutable_tax()->set_amount(-line.tax().amount());
    }
    for (v1::Tax& tax : *out.mutable_taxes()) {
        tax.set_taxable(-tax.taxable());
        tax.set_amount(-tax.amount());
    }
    for (v1::Tender& tender : *out.mutable_tenders()) {
        tender.set_tendered(-tender.tendered());
        tender.set_applied(-tender.applied());
        tender.set_change(-tender.change());
        if (tender.has_foreign()) tender.mutable_foreign()->set_amount(-tender.foreign().amount());
    }
    v1::Totals& totals = *out.mutable_totals();
    totals.set_gross(-totals.gross());
    totals.set_net(-totals.net());
    totals.set_tax(-totals.tax());
    totals.set_discount(-totals.discount());
    totals.set_tendered(-totals.tendered());
    totals.set_applied(-totals.applied());
    totals.set_change(-totals.change());
    return out;
}

}  // namespace till
