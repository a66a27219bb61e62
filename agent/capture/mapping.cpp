#include "agent/capture/mapping.hpp"

#include "agent/capture/bundled_mappings.hpp"

#include <fmt/format.h>

#include <charconv>

namespace till {

namespace {

constexpr std::array<std::string_view, column_count> column_names = {
    "number",   "time",        "time_of_day", "business_day", "item",
    "gtin",     "description", "quantity",    "unit",         "unit_price",
    "amount",   "customer",    "phone",       "email",        "card",
    "currency", "tax_rate",    "tax_amount",  "tender",       "tender_amount",
    "total",    "workstation", "operator",    "country",      "channel"};

Result<std::size_t> locate(const CsvMapping& mapping, Column column,
                           const std::vector<std::string_view>& header) {
    const std::string& wanted = mapping.column(column);
    if (wanted.starts_with('#')) {
        std::size_t position = 0;
        const auto [end, bad] =
            std::from_chars(wanted.data() + 1, wanted.data() + wanted.size(), position);
        if (bad == std::errc{} && end == wanted.data() + wanted.size() && position >= 1
            && position <= header.size())
            return position - 1;
        return Error{Errc::malformed,
                     fmt::format("there is no column {} for \"{}\"", wanted, name(column))};
    }
    std::size_t found = header.size();
    for (std::size_t at = 0; mapping.has_header && at < header.size(); ++at) {
        if (trimmed(header[at]) != wanted) continue;
        if (found != header.size())
            return Error{Errc::malformed, fmt::format("two columns are called \"{}\"", wanted)};
        found = at;
    }
    if (found == header.size())
        return Error{Errc::malformed, fmt::format("no column is called \"{}\", which is \"{}\"",
                                                  wanted, name(column))};
    return found;
}

}  // namespace

std::string_view name(Column column) { return column_names[std::size_t(column)]; }

Result<ColumnIndex> locate_columns(const CsvMapping& mapping,
                                   const std::vector<std::string_view>& header) {
    ColumnIndex index;
    index.fill(std::string_view::npos);
    for (std::size_t at = 0; at < column_count; ++at)
        if (mapping.has(Column(at))) { TILL_TRY(index[at], locate(mapping, Column(at), header)); }
    return index;
}

bool CsvMapping::reads_personal_data() const {
    using enum Column;
    return has(phone) || has(email) || has(card)
           || (has(customer) && customer_type != tillstream::v1::IDENTIFIER_TYPE_CUSTOMER_NUMBER);
}

const std::string& system_of(const Mapping& mapping) {
    return std::visit([](const auto& of) -> const std::string& { return of.system; }, mapping);
}

bool reads_personal_data(const Mapping& mapping) {
    const auto* csv = std::get_if<CsvMapping>(&mapping);
    return !csv || csv->reads_personal_data();
}

Result<std::string_view> bundled_mapping(std::string_view name) {
    std::string all;
    for (const auto& [known, text] : bundled_mappings) {
        if (name == known) return text;
        all += fmt::format("{}{}", all.empty() ? "" : ", ", known);
    }
    return Error{Errc::not_found, fmt::format("no mapping is called \"{}\"", name), {}, all};
}

}  // namespace till
