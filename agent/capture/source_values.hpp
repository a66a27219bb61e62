#pragma once

#include "agent/core/decimal.hpp"
#include "agent/core/result.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace date {
class time_zone;
}

namespace till {

/// `text` without the blanks and tabs around it.
std::string_view trimmed(std::string_view text);

/// The same, with line ends taken for blanks, too.
std::string_view trimmed_lines(std::string_view text);

/// amount / quantity to nine decimals, half away from zero, without zeros at the end: what rounds back to the
/// amount. `quantity` must not be zero. Fails with out_of_range.
Result<Decimal> unit_price_of(const Decimal& amount, const Decimal& quantity);

/// Whether `text` fits `pattern`, where * stands for any text and ? for one byte.
bool fits(std::string_view pattern, std::string_view text);

/// How a source writes numbers.
struct NumberStyle {
    char decimal_mark = '.';
    char thousands_mark = 0;  ///< 0: none is accepted.
};

/// Reads "-1234,50" in the source's style; decimals are kept as written. malformed for anything
/// else, a thousands mark in the wrong place and exponents included.
Result<Decimal> parse_number(std::string_view text, const NumberStyle& style);

/// A date and time of day as a source writes it, without a zone. Always a real date.
struct LocalTime {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    friend auto operator<=>(const LocalTime&, const LocalTime&) = default;
    std::string date() const;  ///< YYYY-MM-DD
};

/// How a source writes times: %Y %y %m %d %H %M %S, %I with %p (AM, PM, 上午, 下午), %N for a year of
/// the Republic of China (民國: 112 is 2023); all else stands for itself. %m to %S take one or two
/// digits; %N takes what the digits after it leave, so that "%N%m%d" reads 1120305 and 990305.
class TimePattern {
public:
    static Result<TimePattern> parse(std::string_view text);

    /// malformed unless all of `text` fits and the date exists.
    Result<LocalTime> read(std::string_view text) const;
    const std::string& text() const noexcept { return text_; }

private:
    explicit TimePattern(std::string_view text) : text_{text} {}
    std::string text_;
};

/// The first pattern that fits reads it.
Result<LocalTime> parse_time(std::string_view text, const std::vector<TimePattern>& patterns);

/// A zone of the IANA database, which the first use reads from the system's files.
class SourceZone {
public:
    static Result<SourceZone> open(const std::string& name);

    /// RFC 3339 with the zone's offset. Where clocks were put back, the earlier of the two; where
    /// they were put forward, the time that the same clock would have shown unadjusted.
    std::string rfc3339(const LocalTime& time) const;
    /// Milliseconds since 1970-01-01T00:00:00Z, by the same rules.
    std::int64_t unix_ms(const LocalTime& time) const;

private:
    explicit SourceZone(const date::time_zone* zone) : zone_{zone} {}
    const date::time_zone* zone_;  // Of the process-wide database; never null.
};

}  // namespace till
