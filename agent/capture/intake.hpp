#pragma once

#include "agent/capture/charset.hpp"
#include "agent/capture/csv_reader.hpp"
#include "agent/capture/gunzip.hpp"
#include "agent/capture/invoice.hpp"
#include "agent/capture/spool.hpp"
#include "agent/crypto/hash.hpp"

#include <memory>
#include <optional>

namespace till {

/// One file's bytes to rows in a spool: gzip (told by its first bytes), encoding, CSV, header. A row
/// that cannot be understood is set aside with its reason; blank rows and repeated headers, which
/// joined exports have, are passed over.
///
/// Fails with `malformed` when the file as a whole cannot be read (no gzip, no such column), with
/// `out_of_range` when it is too large, with `closed` when compressed data end too early, and with
/// the spool's own errors.
class Intake {
public:
    /// `mapping` and `spool` must outlive it. `text_bytes_max` bounds the decompressed size.
    Intake(const CsvMapping& mapping, Spool& spool, std::uint64_t text_bytes_max);

    Result<void> feed(BytesView bytes);
    Result<void> finish();

    /// After finish(): SHA-256 of all bytes fed.
    const Digest& digest() const noexcept { return digest_; }
    /// Of the mapper for these rows; null when the file had no row.
    const InvoiceMapper* mapper() const noexcept { return mapper_ ? &*mapper_ : nullptr; }
    const std::string& header() const noexcept { return header_; }  ///< As it stands; may be empty.

private:
    Result<void> feed_plain(BytesView bytes);
    Result<void> read_rows();
    Result<void> read_row(const CsvRecord& record);
    Result<void> read_header(const CsvRecord& record);
    bool is_blank(const CsvRecord& record) const;

    const CsvMapping& mapping_;
    Spool& spool_;
    std::uint64_t bytes_left_;
    Sha256 hash_;
    Digest digest_{};
    Bytes head_;  // Until two bytes tell whether it is gzip.
    bool begun_ = false;
    std::unique_ptr<Gunzip> gunzip_;
    TextDecoder decoder_;
    CsvReader reader_;
    std::string text_, header_, group_;
    std::size_t fields_ = 0;
    int passed_over_ = 0;
    std::optional<InvoiceMapper> mapper_;
};

}  // namespace till
