#pragma once

#include "agent/core/result.hpp"

#include <chrono>
#include <string>

namespace date {
class time_zone;
}

namespace till {

/// The store's own calendar: its time zone (system tzdb) and the hour at which a business day ends.
class StoreCalendar {
public:
    /// Fails with malformed for a zone the system does not know or a cut-over beyond a day.
    static Result<StoreCalendar> make(const std::string& time_zone, std::chrono::minutes cut_over);

    struct Local {
        std::string business_day;  ///< YYYY-MM-DD
        int utc_offset_minutes = 0;
    };
    /// Milliseconds since 1970 in the store's time. At 01:30 with a cut-over at 04:00 it is still
    /// the day before.
    Local at(std::int64_t ms) const;

private:
    StoreCalendar(const date::time_zone* zone, std::chrono::minutes cut_over)
        : zone_{zone}, cut_over_{cut_over} {}
    const date::time_zone* zone_;  // Lives as long as the process.
    std::chrono::minutes cut_over_;
};

}  // namespace till
