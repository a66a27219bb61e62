#pragma once

#include "drivers/decode/lint.hpp"

// The linters by name, for linters.cpp's table and for one another. Each is what GS1's syntax
// dictionary says of the name; lint.hpp is the way in from outside.
namespace till::drivers::lint {

inline LintResult fault(const LintError& error, std::size_t position, std::size_t length) {
    return LintFault{&error, position, length};
}
inline LintResult whole(const LintError& error, std::string_view value) {
    return fault(error, 0, value.size());
}
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr int digit(char c) { return c - '0'; }

LintResult csetnumeric(std::string_view);
LintResult csetx(std::string_view);
LintResult csety(std::string_view);
LintResult csetz(std::string_view);

LintResult csum(std::string_view);
LintResult csumalpha(std::string_view);
LintResult gcppos1(std::string_view);
LintResult gcppos2(std::string_view);
LintResult iban(std::string_view);

LintResult yymmdd(std::string_view);
LintResult yymmd0(std::string_view);
LintResult yyyymmdd(std::string_view);
LintResult yyyymmd0(std::string_view);
LintResult hh(std::string_view);
LintResult mi(std::string_view);
LintResult ss(std::string_view);
LintResult hhmi(std::string_view);

LintResult zero(std::string_view);
LintResult nonzero(std::string_view);
LintResult nozeroprefix(std::string_view);
LintResult yesno(std::string_view);
LintResult winding_direction(std::string_view);
LintResult hyphen(std::string_view);
LintResult hasnondigit(std::string_view);
LintResult importeridx(std::string_view);
LintResult pieceoftotal(std::string_view);
LintResult posinseqslash(std::string_view);
LintResult pcenc(std::string_view);
LintResult latitude_value(std::string_view);
LintResult longitude_value(std::string_view);

LintResult iso3166_numeric(std::string_view);
LintResult iso3166_or_999(std::string_view);
LintResult iso3166_list(std::string_view);
LintResult iso3166_letters(std::string_view);
LintResult iso4217_numeric(std::string_view);
LintResult iso5218(std::string_view);
LintResult mediatype(std::string_view);
LintResult packagetype(std::string_view);

LintResult couponcode(std::string_view);
LintResult couponposoffer(std::string_view);

}  // namespace till::drivers::lint
