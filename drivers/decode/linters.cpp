#include "drivers/decode/linters.hpp"

#include <algorithm>
#include <array>

namespace till::drivers {

namespace {

struct Named {
    std::string_view name;
    Linter linter;
};

constexpr std::array table{
    Named{"couponcode", lint::couponcode},
    Named{"couponposoffer", lint::couponposoffer},
    Named{"cset39", lint::csety},
    Named{"cset64", lint::csetz},
    Named{"cset82", lint::csetx},
    Named{"csetnumeric", lint::csetnumeric},
    Named{"csum", lint::csum},
    Named{"csumalpha", lint::csumalpha},
    Named{"gcppos1", lint::gcppos1},
    Named{"gcppos2", lint::gcppos2},
    Named{"hasnondigit", lint::hasnondigit},
    Named{"hh", lint::hh},
    Named{"hhmi", lint::hhmi},
    Named{"hhmm", lint::hhmi},  // Its name until 2024.
    Named{"hyphen", lint::hyphen},
    Named{"iban", lint::iban},
    Named{"importeridx", lint::importeridx},
    Named{"iso3166", lint::iso3166_numeric},
    Named{"iso3166999", lint::iso3166_or_999},
    Named{"iso3166alpha2", lint::iso3166_letters},
    Named{"iso3166list", lint::iso3166_list},
    Named{"iso4217", lint::iso4217_numeric},
    Named{"iso5218", lint::iso5218},
    Named{"key", lint::gcppos1},  // Names of gcppos1 and gcppos2 until 2024.
    Named{"keyoff1", lint::gcppos2},
    Named{"latitude", lint::latitude_value},
    Named{"longitude", lint::longitude_value},
    Named{"mediatype", lint::mediatype},
    Named{"mi", lint::mi},
    Named{"nonzero", lint::nonzero},
    Named{"nozeroprefix", lint::nozeroprefix},
    Named{"packagetype", lint::packagetype},
    Named{"pcenc", lint::pcenc},
    Named{"pieceoftotal", lint::pieceoftotal},
    Named{"posinseqslash", lint::posinseqslash},
    Named{"ss", lint::ss},
    Named{"winding", lint::winding_direction},
    Named{"yesno", lint::yesno},
    Named{"yymmd0", lint::yymmd0},
    Named{"yymmdd", lint::yymmdd},
    Named{"yyyymmd0", lint::yyyymmd0},
    Named{"yyyymmdd", lint::yyyymmdd},
    Named{"zero", lint::zero},
};
static_assert(std::ranges::is_sorted(table, {}, &Named::name));

}  // namespace

Linter find_linter(std::string_view name) {
    const auto at = std::ranges::lower_bound(table, name, {}, &Named::name);
    return at != table.end() && at->name == name ? at->linter : nullptr;
}

std::string highlight(std::string_view value, const LintFault& fault) {
    const auto position = std::min(fault.position, value.size());
    const auto length = std::min(fault.length, value.size() - position);
    std::string out{value.substr(0, position)};
    out += '*';
    out += value.substr(position, length);
    out += '*';
    out += value.substr(position + length);
    return out;
}

}  // namespace till::drivers
