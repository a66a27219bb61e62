#include "sync/projection/retention_report.hpp"

#include "agent/core/calendar.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <set>

namespace till::sync {

namespace {

using Days = std::chrono::sys_days;

int number(std::string_view text, std::size_t at, std::size_t size) {
    int value = 0;
    for (const char digit : text.substr(at, size)) value = value * 10 + (digit - '0');
    return value;
}

Days days_of(std::string_view day) {
    using namespace std::chrono;
    return Days{year{number(day, 0, 4)} / number(day, 5, 2) / number(day, 8, 2)};
}

int month_of(std::string_view day) { return number(day, 0, 4) * 12 + number(day, 5, 2) - 1; }

std::string month_text(int month) {
    const std::string number = std::to_string(month % 12 + 1);
    return std::to_string(month / 12) + "-" + (number.size() == 1 ? "0" : "") + number;
}

struct Customer {
    std::set<std::string> visits;
    std::int64_t gross = 0;
};
using Customers = std::map<CustomerId, Customer>;

std::string most_used_currency(const std::vector<Purchase>& purchases) {
    std::map<std::string, std::size_t> counts;
    for (const Purchase& each : purchases) ++counts[each.currency];
    const auto fewer = [](const auto& a, const auto& b) { return a.second < b.second; };
    const auto most = std::ranges::max_element(counts, fewer);
    return most == counts.end() ? std::string{} : most->first;
}

Customers count(const std::vector<Purchase>& purchases, RetentionReport& report) {
    if (report.currency.empty()) report.currency = most_used_currency(purchases);
    const bool open = report.until.empty();
    Customers customers;
    for (const Purchase& each : purchases) {
        if (each.currency != report.currency || (!open && each.day > report.until)) continue;
        if (open) report.until = std::max(report.until, each.day);
        report.decimals = each.decimals;
        ++report.purchases;
        Customer& customer = customers[each.customer];
        customer.visits.insert(each.day);
        customer.gross += each.gross;
    }
    report.customers = customers.size();
    return customers;
}

void add_intervals(const Customers& customers, RetentionReport& report) {
    std::vector<Days::rep> gaps;
    for (const auto& [id, customer] : customers) {
        report.visits += customer.visits.size();
        report.repeat_customers += customer.visits.size() > 1;
        for (auto visit = customer.visits.begin(); std::next(visit) != customer.visits.end();
             ++visit)
            gaps.push_back((days_of(*std::next(visit)) - days_of(*visit)).count());
    }
    report.intervals = gaps.size();
    if (gaps.empty()) return;
    std::ranges::sort(gaps);
    const std::size_t middle = gaps.size() / 2;
    report.median_days = static_cast<double>(gaps[(gaps.size() - 1) / 2] + gaps[middle]) / 2.0;
    report.mean_days =
        std::accumulate(gaps.begin(), gaps.end(), 0.0) / static_cast<double>(gaps.size());
}

void add_cohorts(const Customers& customers, RetentionReport& report) {
    if (report.until.empty()) return;
    const int last = month_of(report.until);
    std::map<int, RetentionReport::Cohort> cohorts;
    for (const auto& [id, customer] : customers) {
        const int first = month_of(*customer.visits.begin());
        auto& cohort = cohorts[first];
        cohort.active.resize(static_cast<std::size_t>(last - first) + 1);
        ++cohort.customers;
        std::set<int> months;
        for (const auto& visit : customer.visits) months.insert(month_of(visit) - first);
        for (const int month : months) ++cohort.active[static_cast<std::size_t>(month)];
    }
    for (auto& [month, cohort] : cohorts) {
        cohort.month = month_text(month);
        report.cohorts.push_back(std::move(cohort));
    }
}

/// Of each value how many are smaller, by binary search in all of them.
class Fifths {
public:
    explicit Fifths(std::vector<std::int64_t> values) : sorted_{std::move(values)} {
        std::ranges::sort(sorted_);
    }
    int score(std::int64_t value) const {
        const auto smaller = std::ranges::lower_bound(sorted_, value) - sorted_.begin();
        return 1 + static_cast<int>(5 * smaller / static_cast<std::ptrdiff_t>(sorted_.size()));
    }

private:
    std::vector<std::int64_t> sorted_;
};

void add_segments(const Customers& customers, RetentionReport& report) {
    std::vector<std::int64_t> last, frequency;
    for (const auto& [id, customer] : customers) {
        last.push_back(days_of(*customer.visits.rbegin()).time_since_epoch().count());
        frequency.push_back(static_cast<std::int64_t>(customer.visits.size()));
    }
    const Fifths recent{last}, frequent{frequency};
    for (const char* name : {"champions", "loyal", "new", "promising", "at risk", "lost"})
        report.segments.push_back({.name = name});
    std::size_t i = 0;
    for (const auto& [id, customer] : customers) {
        const char* name = segment_of(recent.score(last[i]), frequent.score(frequency[i]));
        ++i;
        auto& segment = *std::ranges::find(report.segments, name, &RetentionReport::Segment::name);
        ++segment.customers;
        segment.gross += customer.gross;
    }
}

}  // namespace

const char* segment_of(int recency, int frequency) {
    if (frequency >= 4) return recency >= 4 ? "champions" : "loyal";
    if (recency >= 4 && frequency == 1) return "new";
    if (recency >= 3) return "promising";
    return frequency >= 3 ? "at risk" : "lost";
}

RetentionReport retention_report(const std::vector<Purchase>& purchases, std::string currency,
                                 std::string until, int lapsed_days) {
    RetentionReport report{.currency = std::move(currency), .until = std::move(until)};
    const Customers customers = count(purchases, report);
    add_intervals(customers, report);
    add_cohorts(customers, report);
    add_segments(customers, report);
    if (customers.empty()) return report;
    const Days last = days_of(report.until);
    for (const auto& [id, customer] : customers)
        if ((last - days_of(*customer.visits.rbegin())).count() >= lapsed_days)
            report.lapsed.push_back(id);
    return report;
}

}  // namespace till::sync
