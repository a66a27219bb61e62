#include "agent/core/calendar.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace till {

namespace {

using namespace std::chrono;

/// Takes `width` digits off the front; -1 when they are not there.
int take(std::string_view& text, std::size_t width) {
    if (text.size() < width) return -1;
    int value = 0;
    for (std::size_t i = 0; i < width; ++i) {
        if (text[i] < '0' || text[i] > '9') return -1;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(width);
    return value;
}

bool skip(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

Result<sys_days> take_date(std::string_view& text) {
    const Error refusal{Errc::malformed, "not a date", {}, "a day that exists, as YYYY-MM-DD"};
    const int y = take(text, 4);
    if (y < 0 || !skip(text, '-')) return refusal;
    const int m = take(text, 2);
    if (m < 0 || !skip(text, '-')) return refusal;
    const int d = take(text, 2);
    if (d < 0) return refusal;
    const year_month_day date{year{y}, month{static_cast<unsigned>(m)},
                              day{static_cast<unsigned>(d)}};
    if (!date.ok()) return refusal;
    return sys_days{date};
}

/// The offset from UTC in minutes; fails by returning a value no offset has.
constexpr int no_offset = 100000;
int take_offset(std::string_view& text) {
    if (skip(text, 'Z') || skip(text, 'z')) return 0;
    const bool east = text.starts_with('+');
    if (!east && !text.starts_with('-')) return no_offset;
    text.remove_prefix(1);
    const int hours = take(text, 2);
    if (!skip(text, ':')) return no_offset;
    const int minutes = take(text, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return no_offset;
    return (east ? 1 : -1) * (hours * 60 + minutes);
}

}  // namespace

Result<WallTime> parse_rfc3339(std::string_view text) {
    const Error refusal{Errc::malformed,
                        "not a time",
                        {},
                        "RFC 3339 with its offset, e.g. 2026-11-23T10:55:20+08:00"};
    const auto day = take_date(text);
    if (!day || !(skip(text, 'T') || skip(text, 't') || skip(text, ' '))) return refusal;
    const int hour = take(text, 2);
    if (hour < 0 || hour > 23 || !skip(text, ':')) return refusal;
    const int minute = take(text, 2);
    if (minute < 0 || minute > 59 || !skip(text, ':')) return refusal;
    const int second = take(text, 2);
    if (second < 0 || second > 60) return refusal;
    std::int64_t milliseconds = 0;
    if (skip(text, '.')) {
        std::int64_t unit = 100;
        if (text.empty() || text[0] < '0' || text[0] > '9') return refusal;
        for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), unit /= 10)
            milliseconds += unit * (text[0] - '0');
    }
    const int offset = take_offset(text);
    if (offset == no_offset || !text.empty()) return refusal;
    const std::int64_t days = day->time_since_epoch().count();
    const std::int64_t seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second;
    return WallTime{seconds * 1000 + milliseconds};
}

std::string rfc3339(WallTime time) {
    const sys_time<milliseconds> instant{milliseconds{time.value()}};
    const auto day = floor<days>(instant);
    const year_month_day date{day};
    const hh_mm_ss clock{instant - day};
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()),
                  static_cast<int>(clock.subseconds().count()));
    return text.data();
}

Result<void> check_date(std::string_view text) {
    TILL_TRY_VOID(take_date(text));
    if (!text.empty()) return Error{Errc::malformed, "not a date", {}, "YYYY-MM-DD and no more"};
    return {};
}

}  // namespace till
