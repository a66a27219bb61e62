#include "agent/core/calendar.hpp"
#include "agent/api/store_calendar.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace std::chrono_literals;

namespace {
std::string day(const char* zone, std::chrono::minutes cut_over, const char* instant) {
    return StoreCalendar::make(zone, cut_over)->at(parse_rfc3339(instant)->value()).business_day;
}
}  // namespace

TEST_CASE("api: before the cut-over it is still the day before, in the store's time", "[api]") {
    CHECK(day("Asia/Taipei", 0min, "2026-11-22T16:00:00Z") == "2026-11-23");
    CHECK(day("Asia/Taipei", 0min, "2026-11-22T15:59:59Z") == "2026-11-22");
    CHECK(day("Asia/Taipei", 240min, "2026-11-22T19:59:59Z") == "2026-11-22");
    CHECK(day("Asia/Taipei", 240min, "2026-11-22T20:00:00Z") == "2026-11-23");
    CHECK(day("America/New_York", 240min, "2026-03-08T07:30:00Z") == "2026-03-07");
}

TEST_CASE("api: the offset follows summer time", "[api]") {
    const auto london = *StoreCalendar::make("Europe/London", 0min);
    CHECK(london.at(parse_rfc3339("2026-07-01T00:00:00Z")->value()).utc_offset_minutes == 60);
    CHECK(london.at(parse_rfc3339("2026-12-01T00:00:00Z")->value()).utc_offset_minutes == 0);
    CHECK(StoreCalendar::make("Mars/Olympus", 0min).error().field == "time_zone");
    CHECK(StoreCalendar::make("Europe/London", 24h).error().field == "cut_over");
}

TEST_CASE("core: RFC 3339 reads and writes, and refuses days that do not exist", "[core]") {
    CHECK(parse_rfc3339("1970-01-01T00:00:00Z")->value() == 0);
    CHECK(rfc3339(*parse_rfc3339("2026-11-23T18:55:20.5+08:00")) == "2026-11-23T10:55:20.500Z");
    CHECK(rfc3339(*parse_rfc3339("1969-12-31t23:59:59.999z")) == "1969-12-31T23:59:59.999Z");
    for (const char* bad :
         {"", "2026-11-23", "2026-11-23T10:55:20", "2026-02-30T00:00:00Z", "2026-11-23T24:00:00Z",
          "2026-11-23T10:55:20.Z", "2026-11-23T10:55:20Zx", "2026-11-23T10:55:20+8:00"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_rfc3339(bad));
    }
}
