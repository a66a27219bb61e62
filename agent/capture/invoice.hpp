#pragma once

#include "agent/capture/mapping.hpp"
#include "sync/wire/commands.pb.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace till {

/// A record of the file as it stands, and where it begins.
struct SourceRow {
    std::uint64_t line = 0;
    std::string raw;  ///< UTF-8, without its line end.
};

/// A row that no event could be made of. The reason names column and fault, never what the cell
/// says: it goes into the journal unsealed and a cell may hold a customer.
struct RowFault {
    std::uint64_t line = 0;
    std::string reason;
};

/// What the rows of one transaction number become. Each row is in exactly one place: a line of the
/// transaction, a line of the adjustment, or a fault.
struct Invoice {
    std::optional<tillstream::v1::RecordTransaction> transaction;
    std::optional<tillstream::v1::RecordAdjustment> adjustment;
    /// Idempotency keys: kind, system, number and a hash of the rows' mapped cells as text, whatever
    /// their order, the file's other columns, its encoding and name. So a cumulative export has the
    /// keys it had before, and a changed transaction has a new one. Who the customer is takes no
    /// part: keys lie on the disk in clear.
    std::string transaction_key, adjustment_key;
    /// Lines of the file behind each line of the transaction and of the adjustment, in order.
    std::vector<std::uint64_t> transaction_rows, adjustment_rows;
    std::vector<RowFault> faults;
    /// The retailer's own number of the customer; empty: nobody, or known in another way. It is
    /// remembered (DropMemory), which a phone number, e-mail or card must not be.
    std::string customer;
    std::int64_t begin_ms = 0;  ///< Of the earliest row.
};

/// Makes commands of rows by a mapping. Pure. A unit price that only an amount implies is the amount
/// by the quantity to nine decimals, which rounds back to the amount. A line amount that is less
/// than quantity × price is a discount; any other difference is kept in the stated totals.
class InvoiceMapper {
public:
    /// `mapping` must outlive it.
    InvoiceMapper(const CsvMapping& mapping, const ColumnIndex& columns);

    /// What the rows of one transaction have in common: number, and workstation and day where they
    /// count. Fails when the row does not say.
    Result<std::string> group_of(const std::vector<std::string_view>& fields) const;

    /// `rows` are those of one group, at least one, in the file's order.
    Invoice map(std::span<const SourceRow> rows) const;

private:
    struct Row;
    class Builder;
    std::string_view cell(const std::vector<std::string_view>& fields, Column column) const;
    Result<Row> read_row(const std::vector<std::string_view>& fields) const;
    Result<void> read_numbers(const std::vector<std::string_view>& fields, Row& row) const;
    Result<LocalTime> read_time(const std::vector<std::string_view>& fields) const;
    std::string canonical(const std::vector<std::string_view>& fields) const;

    const CsvMapping& mapping_;
    ColumnIndex columns_;
};

}  // namespace till
