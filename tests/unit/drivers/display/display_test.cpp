#include "drivers/display/display_text.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::drivers;

namespace {

using Lines = std::vector<std::string>;

Result<std::vector<Bytes>> lay_out(const Lines& lines, const std::string& charset = "CP437") {
    return DisplayText::make({.columns = 8, .rows = 2, .charset = charset, .code_page = {}})
        ->lay_out(lines);
}

}  // namespace

TEST_CASE("display: every row is as wide as the display", "[display]") {
    CHECK(*lay_out({"Total", "£ 3.50"}) == std::vector<Bytes>{"Total   ", "\x9c 3.50  "});
    CHECK(*lay_out({}) == std::vector<Bytes>{"        ", "        "});
    CHECK(*lay_out({"12345678"}) == std::vector<Bytes>{"12345678", "        "});
}

TEST_CASE("display: a full-width character takes two columns, in the display's own charset",
          "[display]") {
    CHECK(*lay_out({"合計 30"}, "CP950") == std::vector<Bytes>{"\xa6\x58\xad\x70 30 ", "        "});
    CHECK((*lay_out({"合计"}, "GB18030"))[0] == "\xba\xcf\xbc\xc6    ");
    CHECK((*lay_out({"합계"}, "CP949"))[0] == "\xc7\xd5\xb0\xe8    ");
    const auto wide = lay_out({"ok", "合計合計合"}, "CP950");
    REQUIRE_FALSE(wide);
    CHECK(wide.error().field == "lines[1]");
    CHECK(wide.error().detail == "it takes 10 columns");
}

TEST_CASE("display: what it cannot show is a question mark, and nothing is a control character",
          "[display]") {
    CHECK((*lay_out({"a\u20acb"}))[0] == "a?b     ");               // No euro in CP437.
    CHECK((*lay_out({"\U0001f600"}, "GB18030"))[0] == "?       ");  // It would take four bytes.
    CHECK((*lay_out({"a\x1b@\x0c\x7f\n"}))[0] == "a?@???  ");
    CHECK((*lay_out({"\u0085x"}, "ISO-8859-1"))[0] == "?x      ");
    CHECK((*lay_out({"\xffx\xe5\x90"}))[0] == "?x?     ");
}

TEST_CASE("display: too many lines, and charsets that nobody knows, are refused", "[display]") {
    CHECK(lay_out({"1", "2", "3"}).error().field == "lines");
    CHECK(DisplayText::make({.charset = "KLINGON", .code_page = {}}).error().code
          == Errc::unsupported);
}
