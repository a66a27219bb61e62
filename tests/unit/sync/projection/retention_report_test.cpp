#include "sync/projection/retention_report.hpp"

#include "tests/support/envelopes.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;

namespace {

struct Shop {
    SeededRandom random{5};
    std::vector<Purchase> purchases;

    CustomerId customer() { return CustomerId{random.uuid()}; }
    void buys(const CustomerId& who, const char* day, std::int64_t gross,
              const char* currency = "GBP") {
        purchases.push_back({who, day, gross, currency, 2});
    }
    const RetentionReport::Segment& segment(const RetentionReport& report, std::string_view name) {
        for (const auto& each : report.segments)
            if (each.name == name) return each;
        FAIL("no segment");
        return report.segments.front();
    }
};

}  // namespace

TEST_CASE_METHOD(Shop, "retention: visits are days, and what lies between them is counted once",
                 "[retention]") {
    const auto mei = customer(), jo = customer(), once = customer();
    buys(mei, "2025-11-30", 100);
    buys(mei, "2025-11-30", 50);  // The same visit.
    buys(mei, "2025-12-10", 100);
    buys(mei, "2026-02-28", 100);
    buys(jo, "2025-12-01", 100);
    buys(jo, "2025-12-31", 100);
    buys(once, "2026-02-01", 7, "EUR");
    buys(once, "2026-01-15", 10);
    const auto report = retention_report(purchases, "", "", 40);
    CHECK(report.currency == "GBP");
    CHECK(report.until == "2026-02-28");
    CHECK(report.customers == 3);
    CHECK(report.purchases == 7);
    CHECK(report.visits == 6);
    CHECK(report.repeat_customers == 2);
    CHECK(report.intervals == 3);  // 10, 80 and 30 days.
    CHECK(report.median_days == 30.0);
    CHECK(report.mean_days == 40.0);
    CHECK(report.lapsed == std::vector{std::min(jo, once), std::max(jo, once)});
}

TEST_CASE_METHOD(Shop, "retention: a cohort is who came first in a month, month by month after it",
                 "[retention]") {
    const auto a = customer(), b = customer(), c = customer();
    buys(a, "2025-12-05", 1);
    buys(a, "2026-02-05", 1);
    buys(b, "2025-12-24", 1);
    buys(c, "2026-01-01", 1);
    const auto report = retention_report(purchases, "GBP", "2026-02-10", 180);
    REQUIRE(report.cohorts.size() == 2);
    CHECK(report.cohorts[0].month == "2025-12");
    CHECK(report.cohorts[0].active == std::vector<std::size_t>{2, 0, 1});
    CHECK(report.cohorts[1].month == "2026-01");
    CHECK(report.cohorts[1].active == std::vector<std::size_t>{1, 0});
    const auto earlier = retention_report(purchases, "GBP", "2026-01-31", 180);
    CHECK(earlier.cohorts[0].active == std::vector<std::size_t>{2, 0});
}

TEST_CASE_METHOD(Shop, "retention: everybody is in one segment, and their money adds up",
                 "[retention]") {
    std::int64_t sum = 0;
    for (int i = 0; i < 200; ++i) {
        const auto who = customer();
        for (int visit = 0; visit <= i % 7; ++visit) {
            const int day = 1 + (i * 13 + visit * 3) % 28;
            buys(who,
                 ("2026-0" + std::to_string(1 + (i + visit) % 6) + (day < 10 ? "-0" : "-")
                  + std::to_string(day))
                     .c_str(),
                 i + 1);
            sum += i + 1;
        }
    }
    const auto report = retention_report(purchases, "", "", 60);
    std::size_t customers = 0;
    for (const auto& each : report.segments) {
        customers += each.customers;
        sum -= each.gross;
    }
    CHECK(customers == 200);
    CHECK(sum == 0);
    CHECK(segment(report, "champions").customers > 0);
    CHECK(segment(report, "lost").customers > 0);
    CHECK(retention_report({}, "", "", 1).customers == 0);
}
