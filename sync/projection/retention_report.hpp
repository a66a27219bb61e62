#pragma once

#include "sync/vault/vault.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace till::sync {

/// One purchase that counts: completed, no training, not voided, more than returns.
struct Purchase {
    CustomerId customer{Uuid{}};
    std::string day;  ///< Business day, YYYY-MM-DD.
    std::int64_t gross = 0;
    std::string currency;
    int decimals = 0;
};

/// Whether customers come back. Days are business days; several purchases of one day are one visit.
struct RetentionReport {
    std::string currency;  ///< Only purchases in it are looked at.
    int decimals = 0;
    std::string until;  ///< The last day that counts.
    std::size_t customers = 0, purchases = 0, visits = 0;
    std::size_t repeat_customers = 0;  ///< With two visits or more.

    /// Days between one visit and the next of the same customer.
    std::size_t intervals = 0;
    double median_days = 0, mean_days = 0;

    /// Who came first in a month, and how many of them came again in each month after it.
    struct Cohort {
        std::string month;  ///< YYYY-MM
        std::size_t customers = 0;
        std::vector<std::size_t> active;  ///< [0] is that month itself: all of them.
    };
    std::vector<Cohort> cohorts;

    /// By fifths of recency, frequency (visits) and money, 1 (worst) to 5: a value's score is 1 + 5 × (share of
    /// customers with a smaller one), rounded down. Segments are those of segment_of().
    struct Segment {
        std::string name;
        std::size_t customers = 0;
        std::int64_t gross = 0;
    };
    std::vector<Segment> segments;

    std::vector<CustomerId> lapsed;  ///< Without a visit for lapsed_days before `until`, or longer.
};

/// `purchases` in any order, merged customers under one id. `currency` empty: the one with most purchases; `until`
/// empty: the newest day. Pure. Cost: sorting.
RetentionReport retention_report(const std::vector<Purchase>& purchases, std::string currency,
                                 std::string until, int lapsed_days);

/// "champions" (recency and frequency 4 or more), "loyal" (frequency 4 or more), "new" (recency 4 or more, one
/// fifth of frequency), "promising" (recency 3 or more), "at risk" (frequency 3 or more) and "lost".
const char* segment_of(int recency, int frequency);

}  // namespace till::sync
