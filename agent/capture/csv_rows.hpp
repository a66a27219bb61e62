#pragma once

#include "agent/capture/charset.hpp"
#include "agent/capture/csv_reader.hpp"
#include "agent/capture/row_reader.hpp"

#include <optional>

namespace till {

/// Rows of a CSV export: encoding, records, header. Blank rows and repeated headers, which joined exports
/// have, are passed over. Private to the module.
class CsvRows final : public RowReader {
public:
    /// `mapping` and `spool` must outlive it.
    CsvRows(const CsvMapping& mapping, Spool& spool);

    Result<void> feed(BytesView bytes) override;
    Result<void> finish() override;
    Invoice map(std::span<const SourceRow> rows) const override { return mapper_->map(rows); }
    Frame frame() const override;

private:
    Result<void> read_rows();
    Result<void> read_row(const CsvRecord& record);
    Result<void> read_header(const CsvRecord& record);
    bool is_blank(const CsvRecord& record) const;

    const CsvMapping& mapping_;
    Spool& spool_;
    TextDecoder decoder_;
    CsvReader reader_;
    std::string text_, header_;
    std::size_t fields_ = 0;
    int passed_over_ = 0;
    std::optional<InvoiceMapper> mapper_;  // Once the header has come: no row is spooled before it.
};

}  // namespace till
