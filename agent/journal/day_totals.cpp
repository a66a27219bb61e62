#include "agent/journal/day_totals.hpp"

#include "sync/wire/events.pb.h"

#include <algorithm>
#include <limits>

namespace till {

namespace {

namespace v1 = tillstream::v1;

std::int64_t add_saturating(std::int64_t a, std::int64_t b) {
    std::int64_t sum = 0;
    if (!__builtin_add_overflow(a, b, &sum)) return sum;
    return a < 0 ? std::numeric_limits<std::int64_t>::min()
                 : std::numeric_limits<std::int64_t>::max();
}

void count(DayFigures& day, const FigureKey& key, const Figure& more) {
    Figure& figure = day.figures[key];
    figure.count = add_saturating(figure.count, more.count);
    figure.amount = add_saturating(figure.amount, more.amount);
}

void count_transaction(DayFigures& day, const v1::RetailTransaction& sale, Measure measure) {
    if (sale.training() || sale.status() != v1::TRANSACTION_STATUS_COMPLETED) return;
    count(day, {sale.currency(), measure, 0}, {1, sale.totals().gross()});
    count(day, {sale.currency(), Measure::net, 0}, {1, sale.totals().net()});
    count(day, {sale.currency(), Measure::tax, 0}, {1, sale.totals().tax()});
    for (const v1::Tender& tender : sale.tenders()) {
        if (tender.state() != v1::TENDER_STATE_APPROVED) continue;
        count(day, {sale.currency(), Measure::tender, tender.type()}, {1, tender.applied()});
    }
}

void count_tender_control(DayFigures& day, const v1::TenderControl& control) {
    if (control.training()) return;
    count(day, {control.currency(), Measure::tender_control, control.type()},
          {1, control.amount()});
}

void count_facts(DayFigures& day, const v1::Event& event) {
    if (event.has_retail_transaction())
        count_transaction(day, event.retail_transaction(), Measure::transaction);
    if (event.has_post_void())
        count_transaction(day, event.post_void().reversal(), Measure::post_void);
    if (event.has_tender_control()) count_tender_control(day, event.tender_control());
}

}  // namespace

Figure DayFigures::figure(const FigureKey& key) const {
    const auto found = figures.find(key);
    return found == figures.end() ? Figure{} : found->second;
}

std::int64_t DayFigures::gross(const std::string& currency) const {
    return add_saturating(figure({currency, Measure::transaction, 0}).amount,
                          figure({currency, Measure::post_void, 0}).amount);
}

void DayTotals::add(const v1::Event& event, Seq seq, const Digest& hash) {
    const v1::Context& context = event.context();
    if (context.business_day().empty()) return;
    DayFigures& day = days_[{context.business_day(), context.store(), context.workstation()}];
    if (day.events++ == 0) day.first = seq;
    day.last = seq;
    day.last_hash = hash;
    count_facts(day, event);
    v1::Event salvaged;
    if (event.salvaged_event().proved() && salvaged.ParseFromString(event.salvaged_event().body()))
        count_facts(day, salvaged);
}

void DayTotals::merge(const DayKey& key, const DayFigures& earlier) {
    DayFigures& day = days_[key];
    if (day.events == 0 || earlier.last > day.last) {
        day.last = earlier.last;
        day.last_hash = earlier.last_hash;
    }
    day.first = day.events == 0 ? earlier.first : std::min(day.first, earlier.first);
    day.events += earlier.events;
    for (const auto& [figure, more] : earlier.figures) count(day, figure, more);
}

}  // namespace till
