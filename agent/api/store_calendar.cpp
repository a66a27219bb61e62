#include "agent/api/store_calendar.hpp"

#include <date/tz.h>

#include <stdexcept>

namespace till {

using namespace std::chrono;

Result<StoreCalendar> StoreCalendar::make(const std::string& time_zone, minutes cut_over) {
    if (cut_over < 0min || cut_over >= 24h)
        return Error{Errc::malformed, "cut-over", "cut_over", "00:00 to 23:59"};
    try {  // The library's only way of saying no.
        return StoreCalendar{date::locate_zone(time_zone), cut_over};
    } catch (const std::runtime_error&) {
        return Error{Errc::malformed, "unknown time zone " + time_zone, "time_zone",
                     "an IANA name that this system knows, e.g. Asia/Taipei"};
    }
}

StoreCalendar::Local StoreCalendar::at(std::int64_t ms) const {
    const auto instant = floor<seconds>(sys_time<milliseconds>{milliseconds{ms}});
    const auto offset = zone_->get_info(instant).offset;
    const auto day = floor<date::days>(instant + offset - cut_over_);
    return {date::format("%F", date::year_month_day{day}),
            static_cast<int>(duration_cast<minutes>(offset).count())};
}

}  // namespace till
