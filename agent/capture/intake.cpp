#include "agent/capture/intake.hpp"

#include "agent/capture/csv_rows.hpp"
#include "agent/capture/poslog_rows.hpp"
#include "agent/core/match.hpp"

namespace till {

namespace {

std::unique_ptr<RowReader> reader_for(const Mapping& mapping, Spool& spool) {
    return std::visit(Match{[&](const CsvMapping& csv) -> std::unique_ptr<RowReader> {
                                return std::make_unique<CsvRows>(csv, spool);
                            },
                            [&](const PoslogMapping& poslog) -> std::unique_ptr<RowReader> {
                                return std::make_unique<PoslogRows>(poslog, spool);
                            }},
                      mapping);
}

}  // namespace

Intake::Intake(const Mapping& mapping, Spool& spool, std::uint64_t text_bytes_max)
    : spool_{spool}, bytes_left_{text_bytes_max}, reader_{reader_for(mapping, spool)} {}

Intake::~Intake() = default;

Result<void> Intake::feed(BytesView bytes) {
    hash_.add(bytes);
    if (failed_) failed_ = read(bytes);
    return failed_;
}

Result<void> Intake::read(BytesView bytes) {
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
    digest_ = hash_.finish();
    TILL_TRY_VOID(failed_);
    if (!begun_) TILL_TRY_VOID(feed_plain(head_));
    if (gunzip_) TILL_TRY_VOID(gunzip_->finish());
    TILL_TRY_VOID(reader_->finish());
    return spool_.seal();
}

Result<void> Intake::feed_plain(BytesView bytes) {
    if (bytes.size() > bytes_left_)
        return Error{Errc::out_of_range, "the file is larger than a dropped file may be"};
    bytes_left_ -= bytes.size();
    return reader_->feed(bytes);
}

}  // namespace till
