#include "drivers/decode/lint_errors.hpp"
#include "drivers/decode/linters.hpp"

#include <chrono>

namespace till::drivers::lint {

namespace {

int two_digits(std::string_view value, std::size_t at) {
    return digit(value[at]) * 10 + digit(value[at + 1]);
}

/// `value` is the year's digits, then MMDD. Day 00 stands for "the last day of the month" in the
/// dates that permit it.
LintResult date(std::string_view value, std::size_t year_digits, bool day_may_be_zero) {
    const std::size_t size = year_digits + 4;
    if (value.size() != size) return whole(value.size() < size ? date_short : date_long, value);
    if (auto bad = csetnumeric(value)) return bad;

    // A leap year is the same in every century that two digits can mean today, but for 1900 and
    // 2100, which a sliding window around the present reaches only after 2050.
    int year = year_digits == 2 ? 2000 : two_digits(value, 0) * 100;
    year += two_digits(value, year_digits - 2);
    const int month_number = two_digits(value, year_digits);
    const int day_number = two_digits(value, year_digits + 2);
    if (month_number < 1 || month_number > 12) return fault(month, year_digits, 2);
    if (day_number == 0 && day_may_be_zero) return {};
    const std::chrono::year_month_day day_in_calendar{
        std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month_number)},
        std::chrono::day{static_cast<unsigned>(day_number)}};
    if (!day_in_calendar.ok()) return fault(day, year_digits + 2, 2);
    return {};
}

LintResult clock_part(std::string_view value, int limit, const LintError& too_short,
                      const LintError& too_long, const LintError& illegal) {
    if (value.size() != 2) return whole(value.size() < 2 ? too_short : too_long, value);
    if (auto bad = csetnumeric(value)) return bad;
    if (two_digits(value, 0) >= limit) return whole(illegal, value);
    return {};
}

}  // namespace

LintResult yymmdd(std::string_view value) { return date(value, 2, false); }
LintResult yymmd0(std::string_view value) { return date(value, 2, true); }
LintResult yyyymmdd(std::string_view value) { return date(value, 4, false); }
LintResult yyyymmd0(std::string_view value) { return date(value, 4, true); }

LintResult hh(std::string_view value) { return clock_part(value, 24, hour_short, hour_long, hour); }
LintResult mi(std::string_view value) {
    return clock_part(value, 60, minute_short, minute_long, minute);
}
LintResult ss(std::string_view value) {
    return clock_part(value, 60, second_short, second_long, second);
}

LintResult hhmi(std::string_view value) {
    if (value.size() != 4)
        return whole(value.size() < 4 ? hour_minute_short : hour_minute_long, value);
    if (auto bad = csetnumeric(value)) return bad;
    if (two_digits(value, 0) >= 24) return fault(hour, 0, 2);
    if (two_digits(value, 2) >= 60) return fault(minute, 2, 2);
    return {};
}

}  // namespace till::drivers::lint
