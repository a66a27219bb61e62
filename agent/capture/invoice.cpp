#include "agent/capture/invoice.hpp"

#include "agent/capture/invoice_builder.hpp"
#include "agent/capture/invoice_key.hpp"
#include "agent/core/base64.hpp"
#include "agent/core/limits.hpp"
#include "agent/crypto/hash.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace till {

namespace {

Error at_column(Column column, std::string_view what) {
    return Error{Errc::malformed, fmt::format("{} {}", name(column), what)};
}

Digest digest_of(std::vector<std::string>& rows) {
    std::ranges::sort(rows);
    Sha256 hash;
    for (const std::string& row : rows) hash.add_u64(row.size()).add(row);
    return hash.finish();
}

}  // namespace

std::string invoice_key(char kind, std::string_view system, std::string_view number,
                        const Digest& rows) {
    constexpr std::size_t number_bytes_max = 48;
    static_assert(2 + 32 + 1 + number_bytes_max + 1 + 43 <= limits::idempotency_key_bytes_max);
    std::string shown{number};
    const auto printable = [](char c) { return c > ' ' && c <= '~'; };
    if (shown.size() > number_bytes_max || !std::ranges::all_of(shown, printable))
        shown = base64url(view(sha256(number)));
    return fmt::format("{}:{}/{}/{}", kind, system, shown, base64url(view(rows)));
}

InvoiceMapper::InvoiceMapper(const CsvMapping& mapping, const ColumnIndex& columns)
    : mapping_{mapping}, columns_{columns} {}

std::string_view InvoiceMapper::cell(const std::vector<std::string_view>& fields,
                                     Column column) const {
    const std::size_t at = columns_[std::size_t(column)];
    return at < fields.size() ? trimmed(fields[at]) : std::string_view{};
}

Result<LocalTime> InvoiceMapper::read_time(const std::vector<std::string_view>& fields) const {
    std::string text{cell(fields, Column::time)};
    if (mapping_.has(Column::time_of_day))
        text.append(" ").append(cell(fields, Column::time_of_day));
    auto time = parse_time(text, mapping_.times);
    if (!time) return at_column(Column::time, time.error().detail);
    return time;
}

Result<std::string> InvoiceMapper::group_of(const std::vector<std::string_view>& fields) const {
    std::string group{cell(fields, Column::number)};
    if (group.empty()) return at_column(Column::number, "is empty");
    if (mapping_.has(Column::workstation))
        group.append("\x1f").append(cell(fields, Column::workstation));
    if (mapping_.has(Column::business_day))
        group.append("\x1f").append(cell(fields, Column::business_day));
    if (mapping_.numbers_restart_daily) {
        TILL_TRY(const LocalTime time, read_time(fields));
        group.append("\x1f").append(time.date());
    }
    return group;
}

Result<void> InvoiceMapper::read_numbers(const std::vector<std::string_view>& fields,
                                         Row& row) const {
    const auto read = [&](Column column, std::optional<Decimal>& into) -> Result<void> {
        const std::string_view text = cell(fields, column);
        if (text.empty()) return {};
        auto value = parse_number(text, mapping_.numbers);
        if (!value) return at_column(column, value.error().detail);
        into = *value;
        return {};
    };
    std::optional<Decimal> quantity;
    TILL_TRY_VOID(read(Column::quantity, quantity));
    TILL_TRY_VOID(read(Column::unit_price, row.price));
    TILL_TRY_VOID(read(Column::amount, row.amount));
    TILL_TRY_VOID(read(Column::tax_rate, row.tax_rate));
    TILL_TRY_VOID(read(Column::tax_amount, row.tax_amount));
    TILL_TRY_VOID(read(Column::tender_amount, row.tender_amount));
    if (mapping_.has(Column::quantity) && !quantity) return at_column(Column::quantity, "is empty");
    row.quantity = quantity.value_or(Decimal{1, 0});
    if (!row.price && !row.amount) return at_column(Column::unit_price, "is empty");
    if (!row.price && row.quantity.is_zero())
        return at_column(Column::quantity, "is zero, which leaves no unit price");
    return {};
}

Result<InvoiceMapper::Row> InvoiceMapper::read_row(
    const std::vector<std::string_view>& fields) const {
    Row row;
    TILL_TRY(row.time, read_time(fields));
    TILL_TRY_VOID(read_numbers(fields, row));
    for (std::size_t at = 0; at < column_count; ++at) row.text[at] = cell(fields, Column(at));
    return row;
}

std::string InvoiceMapper::canonical(const std::vector<std::string_view>& fields) const {
    std::string text;
    for (std::size_t at = 0; at < column_count; ++at) {
        const std::string_view value = cell(fields, Column(at));
        // A hash over the customer could be turned back by trying (cross/decisions/0041).
        if (value.empty() || names_customer(Column(at))) continue;
        text += static_cast<char>(at + 1);  // The column's meaning; cells hold no zero bytes.
        text += value;
        text += '\0';
    }
    return text;
}

Invoice InvoiceMapper::map(std::span<const SourceRow> rows) const {
    Invoice invoice;
    Builder builder{mapping_, invoice};
    std::vector<std::string> kept;
    std::vector<std::string_view> fields;
    std::string unescaped;
    for (const SourceRow& source : rows) {
        split_csv(source.raw, mapping_.csv, fields, unescaped);
        auto row = read_row(fields);
        auto added = row ? builder.add(*row) : Result<InvoicePart>{row.error()};
        if (!added) {
            invoice.faults.push_back({source.line, std::move(added.error().detail)});
            continue;
        }
        kept.push_back(canonical(fields));
        const bool sold = *added == InvoicePart::transaction;
        (sold ? invoice.transaction_rows : invoice.adjustment_rows).push_back(source.line);
    }
    if (kept.empty()) return invoice;
    builder.finish();
    const Digest digest = digest_of(kept);
    const std::string_view number = builder.number();
    if (invoice.transaction)
        invoice.transaction_key = invoice_key('s', mapping_.system, number, digest);
    if (invoice.adjustment)
        invoice.adjustment_key = invoice_key('a', mapping_.system, number, digest);
    return invoice;
}

}  // namespace till
