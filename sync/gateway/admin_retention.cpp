#include "agent/core/calendar.hpp"
#include "agent/core/decimal.hpp"
#include "sync/gateway/admin_api.hpp"
#include "sync/gateway/admin_http.hpp"
#include "sync/gateway/admin_people.hpp"
#include "sync/projection/retention_report.hpp"

#include <boost/json/array.hpp>

#include <map>

// Whether customers come back: the report, with whom of those who do not may be written to.
namespace till::sync {

namespace json = boost::json;
using Desk = ProjectionService::Desk;
using namespace detail;

namespace {

/// Purchases of those who turned out to be one person are one person's.
Result<std::vector<Purchase>> purchases_of(Desk& desk) {
    TILL_TRY(auto purchases, desk.queries.purchases());
    std::map<CustomerId, CustomerId> roots;
    TILL_TRY(const auto merges, desk.vault.merges());
    for (const auto& merge : merges) {
        TILL_TRY(const CustomerId root, desk.vault.present(merge.merged));
        roots.emplace(merge.merged, root);
    }
    for (Purchase& each : purchases)
        if (const auto root = roots.find(each.customer); root != roots.end())
            each.customer = root->second;
    return purchases;
}

/// Of the lapsed, how many agreed to hear from the shop, by channel and by any.
Result<json::object> reachable(Desk& desk, const std::vector<CustomerId>& lapsed) {
    std::map<std::string, std::size_t> counts;
    for (const char* name : {"email", "sms", "phone", "post", "push", "any"}) counts[name] = 0;
    for (const CustomerId& one : lapsed) {
        TILL_TRY(const auto family, desk.vault.family(one));
        TILL_TRY(const auto erased, desk.vault.erased_ms(family.front()));
        if (erased) continue;
        TILL_TRY(const auto view, desk.queries.customer_head(family));
        bool any = false;
        for (const auto& consent : view.consents) {
            if (!consent.granted || consent.purpose != v1::ConsentSet::PURPOSE_MARKETING) continue;
            any = true;
            static constexpr std::array names = {"", "email", "sms", "phone", "post", "push"};
            const auto channel = static_cast<std::size_t>(consent.channel);
            if (channel > 0 && channel < names.size()) ++counts[names[channel]];
        }
        counts["any"] += any;
    }
    json::object made;
    for (const auto& [name, count] : counts) made[name] = count;
    return made;
}

json::object to_json(const RetentionReport& report) {
    json::array cohorts, segments;
    for (const auto& each : report.cohorts) {
        json::array active;
        for (const std::size_t count : each.active) active.emplace_back(count);
        cohorts.push_back(
            {{"month", each.month}, {"customers", each.customers}, {"active", std::move(active)}});
    }
    for (const auto& each : report.segments)
        segments.push_back({{"segment", each.name},
                            {"customers", each.customers},
                            {"gross", Decimal{each.gross, report.decimals}.text()}});
    return {{"currency", report.currency},    {"until", report.until},
            {"customers", report.customers},  {"purchases", report.purchases},
            {"visits", report.visits},        {"repeat_customers", report.repeat_customers},
            {"intervals", report.intervals},  {"median_days", report.median_days},
            {"mean_days", report.mean_days},  {"cohorts", std::move(cohorts)},
            {"segments", std::move(segments)}};
}

}  // namespace

asio::awaitable<HttpResponse> AdminApi::retention_report(Asked request, Name) {
    const auto lapsed_days = number_of(request, "lapsed_days", 180);
    if (!lapsed_days) co_return problem(request, lapsed_days.error());
    const std::string until = text_of(request, "until"), currency = text_of(request, "currency");
    if (!until.empty() && !check_date(until))
        co_return problem(request, {Errc::malformed, "not a date", "until", "YYYY-MM-DD"});
    const auto look = [&](Desk& desk) -> Result<json::object> {
        TILL_TRY(const auto purchases, purchases_of(desk));
        const auto days = static_cast<int>(std::min<std::uint64_t>(*lapsed_days, 36'500));
        const auto report = sync::retention_report(purchases, currency, until, days);
        auto answer = to_json(report);
        TILL_TRY(const auto enrolments, desk.queries.enrolments());
        json::array months;
        for (const auto& [month, count] : enrolments)
            months.push_back({{"month", month}, {"customers", count}});
        answer["enrolments"] = std::move(months);
        json::object lapsed{{"days", days}, {"customers", report.lapsed.size()}};
        TILL_TRY(lapsed["reachable"], reachable(desk, report.lapsed));
        answer["lapsed"] = std::move(lapsed);
        return answer;
    };
    const auto report = co_await projection_.ask<json::object>(look);
    if (!report) co_return problem(request, report.error());
    co_return json_answer(request, *report);
}

}  // namespace till::sync
