#include "agent/daemon/master_overlay.hpp"

#include "agent/api/store_calendar.hpp"
#include "agent/core/money.hpp"
#include "agent/runtime/log.hpp"
#include "sync/masterdata/master_plan.hpp"

namespace till {

namespace {

namespace v1 = tillstream::v1;

void cannot_follow(std::string_view field, const std::string& value) {
    log(LogLevel::warning, "masterdata", "this device cannot follow its store's record",
        {{"field", field}, {"value", value}});
}

void overlay_currency(SaleRules& sale, const v1::MasterStore& store) {
    if (!store.currency().empty()) {
        const auto& decimals = store.currency_decimals();
        const auto currency = decimals.empty()
                                  ? Currency::parse(store.currency())
                                  : Currency::parse(store.currency(), decimals[0] - '0');
        if (!currency) return cannot_follow("currency", store.currency());
        sale.currency = *currency;
    }
    if (store.cash_step().empty()) return;
    const auto step = Money::parse(store.cash_step(), sale.currency);
    if (!step || step->minor() < 1) return cannot_follow("cash_step", store.cash_step());
    sale.cash_step = step->minor();
}

void overlay_calendar(WorkstationSettings& own, const v1::MasterStore& store) {
    std::string zone = store.time_zone().empty() ? own.time_zone : store.time_zone();
    auto cut_over = own.cut_over;
    if (const auto minutes = sync::cut_over_minutes(store.cut_over()))
        cut_over = std::chrono::minutes{*minutes};
    if (!StoreCalendar::make(zone, cut_over)) return cannot_follow("time_zone", zone);
    own.time_zone = std::move(zone);
    own.cut_over = cut_over;
}

void overlay_taxes(SaleRules& sale, const v1::MasterData& lists) {
    if (!lists.tax_rules().empty()) sale.taxes.clear();
    for (const auto& rule : lists.tax_rules()) {
        const auto rate = Decimal::parse(rule.rate());
        if (!rate) {
            cannot_follow("rate", rule.rate());
            continue;
        }
        sale.taxes.push_back({rule.code(), *rate, !rule.on_top()});
    }
    const auto& store = lists.store();
    if (!store.default_tax_code().empty())
        sale.default_tax = store.default_tax_code() == "-" ? "" : store.default_tax_code();
    if (!store.tax_rounding().empty())
        sale.tax_rounding = store.tax_rounding() == "rate"      ? TaxRounding::rate
                            : store.tax_rounding() == "receipt" ? TaxRounding::receipt
                                                                : TaxRounding::line;
}

}  // namespace

WorkstationSettings overlaid(WorkstationSettings own, const v1::MasterData& lists) {
    if (lists.version() == 0) return own;
    overlay_currency(own.sale, lists.store());
    overlay_calendar(own, lists.store());
    overlay_taxes(own.sale, lists);
    if (!lists.store().country().empty()) own.identifiers.default_country = lists.store().country();
    if (!lists.workstation().drawer().empty()) own.drawer = lists.workstation().drawer();
    return own;
}

}  // namespace till
