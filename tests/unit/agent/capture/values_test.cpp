#include "agent/capture/source_values.hpp"

#include <catch2/catch.hpp>

using namespace till;

namespace {

std::string number(std::string_view text, NumberStyle style = {}) {
    const auto value = parse_number(text, style);
    return value ? value->text() : "no";
}

std::string time(std::string_view pattern, std::string_view text) {
    const auto read = TimePattern::parse(pattern)->read(text);
    return read ? SourceZone::open("Asia/Taipei")->rfc3339(*read) : "no";
}

}  // namespace

TEST_CASE("capture: numbers read in the source's own style and no other", "[capture]") {
    CHECK(number(" 2.955 ") == "2.955");
    CHECK(number("-11062.06") == "-11062.06");
    CHECK(number("2.50") == "2.50");
    CHECK(number("1,5") == "no");
    CHECK(number("1E+05") == "no");
    CHECK(number("") == "no");
    CHECK(number("1.2.3") == "no");
    const NumberStyle german{.decimal_mark = ',', .thousands_mark = '.'};
    CHECK(number("1.234.567,89", german) == "1234567.89");
    CHECK(number("-1.234", german) == "-1234");
    CHECK(number("12,5", german) == "12.5");
    CHECK(number("1.23,4", german) == "no");
    CHECK(number("1,234,5", german) == "no");
    CHECK(number(".123", german) == "no");
}

TEST_CASE("capture: years of the Republic of China count from 1912", "[capture]") {
    CHECK(time("%N/%m/%d", "112/03/05") == "2023-03-05T00:00:00+08:00");
    CHECK(time("%N%m%d", "1120305") == "2023-03-05T00:00:00+08:00");
    CHECK(time("%N%m%d", "990305") == "2010-03-05T00:00:00+08:00");
    CHECK(time("%N%m%d%H%M%S", "1120305133001") == "2023-03-05T13:30:01+08:00");
    CHECK(time("民國%N年%m月%d日 %p %I:%M", "民國112年3月5日 下午 1:30")
          == "2023-03-05T13:30:00+08:00");
    CHECK(time("%N%m%d", "0305") == "no");
    CHECK(time("%N/%m/%d", "112/02/29") == "no");
}

TEST_CASE("capture: a time is read whole or not at all", "[capture]") {
    CHECK(time("%Y-%m-%d %H:%M:%S", "2010-12-01 08:26:00") == "2010-12-01T08:26:00+08:00");
    CHECK(time("%d.%m.%y %H:%M", "1.3.24 9:05") == "2024-03-01T09:05:00+08:00");
    CHECK(time("%m/%d/%Y %I:%M %p", "12/31/2023 12:01 AM") == "2023-12-31T00:01:00+08:00");
    CHECK(time("%Y-%m-%d", "2010-12-01 08:26") == "no");
    CHECK(time("%Y-%m-%d", "2010-13-01") == "no");
    CHECK(time("%Y-%m-%d %H", "2010-12-01 24") == "no");
    CHECK(TimePattern::parse("%H:%M").error().code == Errc::malformed);
    CHECK(TimePattern::parse("%Y-%m-%d %Q").error().code == Errc::unsupported);
}

TEST_CASE("capture: a zone gives summer and winter their own offsets", "[capture]") {
    const auto london = *SourceZone::open("Europe/London");
    const LocalTime june{2011, 6, 1, 12, 0, 0}, december{2010, 12, 1, 12, 0, 0};
    CHECK(london.rfc3339(june) == "2011-06-01T12:00:00+01:00");
    CHECK(london.rfc3339(december) == "2010-12-01T12:00:00+00:00");
    CHECK(london.unix_ms(december) == 1291204800000);
    CHECK(SourceZone::open("Mars/Base").error().code == Errc::not_found);
}

TEST_CASE("capture: a pattern fits the codes it means", "[capture]") {
    CHECK(fits("C*", "C536379"));
    CHECK_FALSE(fits("C*", "536379C"));
    CHECK(fits("gift_*_20", "gift_0001_20"));
    CHECK(fits("*", ""));
    CHECK(fits("A?", "A1"));
    CHECK_FALSE(fits("M", "m"));
}
