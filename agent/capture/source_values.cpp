#include "agent/capture/source_values.hpp"

#include <date/date.h>
#include <date/tz.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace till {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t digits_at(std::string_view text) {
    const auto end = std::ranges::find_if_not(text, is_digit);
    return static_cast<std::size_t>(end - text.begin());
}

/// Takes a number of `least` to `most` digits off the front of `text`; -1 when there is none.
int take_number(std::string_view& text, std::size_t least, std::size_t most) {
    const std::size_t length = std::min(digits_at(text), most);
    if (length < least || length == 0) return -1;
    int value = 0;
    for (const char c : text.substr(0, length)) value = value * 10 + (c - '0');
    text.remove_prefix(length);
    return value;
}

/// Takes AM or PM off the front: 0 or 12 hours, or -1.
int take_half_day(std::string_view& text) {
    struct Word {
        std::string_view word;
        int hours;
    };
    constexpr auto words = std::to_array<Word>(
        {{"AM", 0}, {"am", 0}, {"PM", 12}, {"pm", 12}, {"上午", 0}, {"下午", 12}});
    for (const auto& [word, hours] : words)
        if (text.starts_with(word)) {
            text.remove_prefix(word.size());
            return hours;
        }
    return -1;
}

/// Digits that the directives right behind need, two each.
std::size_t digits_behind(std::string_view pattern) {
    std::size_t count = 0;
    for (; pattern.size() >= 2 && pattern[0] == '%' && pattern[1] != 'p'; pattern.remove_prefix(2))
        count += 2;
    return count;
}

int take_republic_year(std::string_view& text, std::string_view pattern_behind) {
    const std::size_t run = digits_at(text), behind = digits_behind(pattern_behind);
    if (run <= behind) return -1;
    const int year = take_number(text, 1, std::min<std::size_t>(run - behind, 3));
    return year > 0 ? 1911 + year : -1;
}

struct Reading {
    LocalTime time;
    int hour12 = -1, half_day = -1;

    bool take(char directive, std::string_view& text, std::string_view pattern_behind) {
        const auto into = [](int value, int& field) { return (field = value) >= 0; };
        switch (directive) {
            case 'Y':
                return into(take_number(text, 4, 4), time.year);
            case 'y':
                return into(take_number(text, 2, 2), time.year) && (time.year += 2000) > 0;
            case 'N':
                return into(take_republic_year(text, pattern_behind), time.year);
            case 'm':
                return into(take_number(text, 1, 2), time.month);
            case 'd':
                return into(take_number(text, 1, 2), time.day);
            case 'H':
                return into(take_number(text, 1, 2), time.hour);
            case 'I':
                return into(take_number(text, 1, 2), hour12);
            case 'M':
                return into(take_number(text, 1, 2), time.minute);
            case 'S':
                return into(take_number(text, 1, 2), time.second);
            default:
                return into(take_half_day(text), half_day);
        }
    }

    bool settle() {
        if (hour12 >= 0) {
            if (hour12 < 1 || hour12 > 12 || half_day < 0) return false;
            time.hour = hour12 % 12 + half_day;
        }
        const date::year_month_day day{date::year{time.year},
                                       date::month{static_cast<unsigned>(time.month)},
                                       date::day{static_cast<unsigned>(time.day)}};
        return day.ok() && time.hour < 24 && time.minute < 60 && time.second < 60;
    }
};

date::local_seconds local(const LocalTime& time) {
    const date::year_month_day day{date::year{time.year},
                                   date::month{static_cast<unsigned>(time.month)},
                                   date::day{static_cast<unsigned>(time.day)}};
    return date::local_days{day} + std::chrono::hours{time.hour} + std::chrono::minutes{time.minute}
           + std::chrono::seconds{time.second};
}

std::chrono::seconds offset_at(const date::time_zone* zone, date::local_seconds time) {
    return zone->get_info(time).first.offset;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string_view trimmed_lines(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first);
}

Result<Decimal> unit_price_of(const Decimal& amount, const Decimal& quantity) {
    std::int64_t power = 1;
    for (int at = amount.scale(); at < Decimal::scale_max + quantity.scale(); ++at) power *= 10;
    const bool negative = quantity.is_negative();
    const std::int64_t of = negative ? -amount.mantissa() : amount.mantissa();
    const std::int64_t by = negative ? -quantity.mantissa() : quantity.mantissa();
    const auto price = scale_rounded(of, power, by);
    if (!price) return Error{Errc::out_of_range, "amount is too large"};
    std::int64_t mantissa = *price;
    int scale = Decimal::scale_max;
    for (; scale > 0 && mantissa % 10 == 0; --scale) mantissa /= 10;
    return Decimal{mantissa, scale};
}

bool fits(std::string_view pattern, std::string_view text) {
    std::size_t at = 0, star = pattern.npos, resume = 0, used = 0;
    while (used < text.size()) {
        if (at < pattern.size() && pattern[at] == '*') {
            star = at++;
            resume = used;
        } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[used])) {
            ++at;
            ++used;
        } else if (star != pattern.npos) {
            at = star + 1;
            used = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', at) == pattern.npos;
}

Result<Decimal> parse_number(std::string_view text, const NumberStyle& style) {
    const Error malformed{Errc::malformed, "is not a number"};
    text = trimmed(text);
    const std::size_t mark = std::min(text.find(style.decimal_mark), text.size());
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (style.thousands_mark != 0 && c == style.thousands_mark) {
            const bool in_place =
                at > 0 && is_digit(text[at - 1]) && at < mark && (mark - at) % 4 == 0;
            if (!in_place) return malformed;
            continue;
        }
        const bool sign = at == 0 && (c == '-' || c == '+');
        if (!is_digit(c) && !sign && at != mark) return malformed;
        plain += at == mark ? '.' : c;
    }
    if (auto value = Decimal::parse(plain)) return value;
    return malformed;
}

std::string LocalTime::date() const { return fmt::format("{:04}-{:02}-{:02}", year, month, day); }

Result<TimePattern> TimePattern::parse(std::string_view text) {
    constexpr std::string_view known = "YyNmdHIMSp";
    bool year = false, month = false, day = false;
    for (std::size_t at = text.find('%'); at != text.npos; at = text.find('%', at + 2)) {
        const char directive = at + 1 < text.size() ? text[at + 1] : '%';
        if (known.find(directive) == known.npos)
            return Error{Errc::unsupported,
                         fmt::format("unknown directive in \"{}\"", text),
                         {},
                         "%Y %y %N %m %d %H %I %M %S %p"};
        year |= directive == 'Y' || directive == 'y' || directive == 'N';
        month |= directive == 'm';
        day |= directive == 'd';
    }
    if (!year || !month || !day)
        return Error{Errc::malformed,
                     fmt::format("\"{}\" does not read year, month and day", text)};
    return TimePattern{text};
}

Result<LocalTime> TimePattern::read(std::string_view text) const {
    const Error malformed{Errc::malformed, "fits no pattern of time_formats"};
    Reading reading;
    for (std::string_view pattern = text_; !pattern.empty();) {
        if (pattern[0] == '%') {
            const char directive = pattern[1];
            pattern.remove_prefix(2);
            if (!reading.take(directive, text, pattern)) return malformed;
        } else {
            if (text.empty() || text[0] != pattern[0]) return malformed;
            pattern.remove_prefix(1);
            text.remove_prefix(1);
        }
    }
    if (!text.empty() || !reading.settle()) return malformed;
    return reading.time;
}

Result<LocalTime> parse_time(std::string_view text, const std::vector<TimePattern>& patterns) {
    for (const TimePattern& pattern : patterns)
        if (auto time = pattern.read(text)) return time;
    return Error{Errc::malformed, "fits no pattern of time_formats"};
}

Result<SourceZone> SourceZone::open(const std::string& name) {
    // The library's only way to say that it has no such zone.
    try {
        return SourceZone{date::locate_zone(name)};
    } catch (const std::runtime_error&) {
        return Error{
            Errc::not_found, "no time zone is called " + name, {}, "such as Europe/London"};
    }
}

std::string SourceZone::rfc3339(const LocalTime& time) const {
    const auto offset =
        std::chrono::duration_cast<std::chrono::minutes>(offset_at(zone_, local(time)));
    const auto minutes = std::abs(static_cast<int>(offset.count()));
    return fmt::format("{}T{:02}:{:02}:{:02}{}{:02}:{:02}", time.date(), time.hour, time.minute,
                       time.second, offset.count() < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::int64_t SourceZone::unix_ms(const LocalTime& time) const {
    const auto when = local(time);
    return (when.time_since_epoch() - offset_at(zone_, when)).count() * 1000;
}

}  // namespace till
