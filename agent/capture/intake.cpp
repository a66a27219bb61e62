#include "agent/capture/intake.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace till {

Intake::Intake(const CsvMapping& mapping, Spool& spool, std::uint64_t text_bytes_max)
    : mapping_{mapping},
      spool_{spool},
      bytes_left_{text_bytes_max},
      decoder_{mapping.encoding},
      reader_{mapping.csv} {}

Result<void> Intake::feed(BytesView bytes) {
    hash_.add(bytes);
    if (!begun_) {
        head_ += bytes;
        if (head_.size() < 2) return {};
        begun_ = true;
        if (Gunzip::recognises(head_)) gunzip_ = std::make_unique<Gunzip>();
        bytes = head_;
    }
    if (!gunzip_) return feed_plain(bytes);
    const auto plain = [this](BytesView piece) { return feed_plain(piece); };
    return gunzip_->feed(bytes, plain);
}

Result<void> Intake::finish() {
    if (!begun_) TILL_TRY_VOID(feed_plain(head_));
    digest_ = hash_.finish();
    if (gunzip_) TILL_TRY_VOID(gunzip_->finish());
    text_.clear();
    decoder_.finish(text_);
    reader_.feed(text_);
    reader_.finish();
    TILL_TRY_VOID(read_rows());
    return spool_.seal();
}

Result<void> Intake::feed_plain(BytesView bytes) {
    if (bytes.size() > bytes_left_)
        return Error{Errc::out_of_range, "the file is larger than a dropped file may be"};
    bytes_left_ -= bytes.size();
    text_.clear();
    decoder_.feed(bytes, text_);
    reader_.feed(text_);
    return read_rows();
}

Result<void> Intake::read_rows() {
    while (const CsvRecord* record = reader_.next()) TILL_TRY_VOID(read_row(*record));
    return {};
}

Result<void> Intake::read_header(const CsvRecord& record) {
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

bool Intake::is_blank(const CsvRecord& record) const {
    const auto empty = [](std::string_view field) { return trimmed(field).empty(); };
    return std::ranges::all_of(record.fields, empty);
}

Result<void> Intake::read_row(const CsvRecord& record) {
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
