#include "agent/capture/csv_rows.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace till {

CsvRows::CsvRows(const CsvMapping& mapping, Spool& spool)
    : mapping_{mapping}, spool_{spool}, decoder_{mapping.encoding}, reader_{mapping.csv} {}

Result<void> CsvRows::feed(BytesView bytes) {
    text_.clear();
    decoder_.feed(bytes, text_);
    reader_.feed(text_);
    return read_rows();
}

Result<void> CsvRows::finish() {
    text_.clear();
    decoder_.finish(text_);
    reader_.feed(text_);
    reader_.finish();
    return read_rows();
}

RowReader::Frame CsvRows::frame() const { return {readable(header_), {}, ".rows.csv"}; }

Result<void> CsvRows::read_rows() {
    while (const CsvRecord* record = reader_.next()) TILL_TRY_VOID(read_row(*record));
    return {};
}

Result<void> CsvRows::read_header(const CsvRecord& record) {
    if (passed_over_ < mapping_.rows_before_header) return void(++passed_over_), Result<void>{};
    if (!record.fault.empty())
        return Error{Errc::malformed, fmt::format("line {}: {}", record.line, record.fault)};
    auto columns = locate_columns(mapping_, record.fields);
    if (!columns) {
        const std::string byte = first_undecodable(record.raw);
        if (!byte.empty())
            columns.error().detail += fmt::format("; {} is not text in this encoding", byte);
        return std::move(columns).error();
    }
    mapper_.emplace(mapping_, *columns);
    fields_ = record.fields.size();
    if (!mapping_.has_header) return read_row(record);
    header_ = record.raw;
    return {};
}

bool CsvRows::is_blank(const CsvRecord& record) const {
    const auto empty = [](std::string_view field) { return trimmed(field).empty(); };
    return std::ranges::all_of(record.fields, empty);
}

Result<void> CsvRows::read_row(const CsvRecord& record) {
    if (!mapper_) return read_header(record);
    if (!record.fault.empty())
        return spool_.set_aside(record.line, readable(record.raw), record.fault);
    if (is_blank(record) || (record.raw == header_ && !header_.empty())) return {};
    if (const std::string byte = first_undecodable(record.raw); !byte.empty())
        return spool_.set_aside(record.line, readable(record.raw),
                                byte + " is not text in this encoding");
    if (record.raw.find('\0') != record.raw.npos)
        return spool_.set_aside(record.line, record.raw, "contains a zero byte");
    const auto extra = [](std::string_view field) { return !trimmed(field).empty(); };
    const bool ragged = record.fields.size() < fields_
                        || std::any_of(record.fields.begin() + static_cast<std::ptrdiff_t>(fields_),
                                       record.fields.end(), extra);
    if (ragged)
        return spool_.set_aside(
            record.line, record.raw,
            fmt::format("has {} fields where the header has {}", record.fields.size(), fields_));
    auto group = mapper_->group_of(record.fields);
    if (!group) return spool_.set_aside(record.line, record.raw, group.error().detail);
    return spool_.add(*group, record.line, record.raw);
}

}  // namespace till
