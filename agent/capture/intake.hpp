#pragma once

#include "agent/capture/gunzip.hpp"
#include "agent/capture/row_reader.hpp"
#include "agent/crypto/hash.hpp"

#include <memory>

namespace till {

/// One file's bytes to rows in a spool: gzip (told by its first bytes), then whatever the mapping says it
/// is. A row that cannot be understood is set aside with its reason.
///
/// Fails with `malformed` when the file as a whole cannot be read (no gzip, no such column, no
/// POSLog), with `out_of_range` when it is too large, with `closed` when compressed data end too early, and
/// with the spool's own errors.
class Intake {
public:
    /// `mapping` and `spool` must outlive it. `text_bytes_max` bounds the decompressed size.
    Intake(const Mapping& mapping, Spool& spool, std::uint64_t text_bytes_max);
    Intake(Mapping&& mapping, Spool& spool, std::uint64_t text_bytes_max) = delete;
    ~Intake();

    /// Once it has failed it fails again, and only reckons the digest.
    Result<void> feed(BytesView bytes);
    Result<void> finish();

    /// After finish(), however it ended: SHA-256 of all bytes fed.
    const Digest& digest() const noexcept { return digest_; }
    /// What to make of a group of the spool's rows.
    const RowReader& rows() const noexcept { return *reader_; }

private:
    Result<void> read(BytesView bytes);
    Result<void> feed_plain(BytesView bytes);

    Spool& spool_;
    std::uint64_t bytes_left_;
    Sha256 hash_;
    Digest digest_{};
    Bytes head_;  // Until two bytes tell whether it is gzip.
    bool begun_ = false;
    Result<void> failed_;
    std::unique_ptr<Gunzip> gunzip_;
    std::unique_ptr<RowReader> reader_;
};

}  // namespace till
