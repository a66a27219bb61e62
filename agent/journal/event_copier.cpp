#include "agent/journal/event_copier.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace till::detail {

namespace {

constexpr const char* columns =
    "seq, version, kind, wall, since_boot, boot, hash, key, request, transaction_number,"
    " receipt_counter, erased_sealed, sealed, body";
constexpr std::size_t event_columns = 14;
constexpr std::size_t slice = 4096;  // Rows in one transaction, so that the WAL stays short.
// Where no row says how far the journal went, the search ends after so many that are not there.
constexpr std::uint64_t beyond_max = 100'000;

std::optional<Blob> optional_blob(const Row& row, int column) {
    const auto bytes = row.optional_bytes(column);
    return bytes ? std::optional{Blob{*bytes}} : std::nullopt;
}

}  // namespace

Result<EventCopier> EventCopier::make(Database& into, Seq known, Seq kept_from) {
    EventCopier copier{into, known, kept_from};
    TILL_TRY(copier.insert_, into.prepare("INSERT OR IGNORE INTO event VALUES"
                                          "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    return copier;
}

Result<void> EventCopier::copy(Database& from) {
    const std::string select = std::string{"SELECT "} + columns + " FROM event WHERE seq ";
    auto run = from.prepare(select + "> ? ORDER BY seq LIMIT ?");
    auto one = from.prepare(select + "= ?");
    if (!run || !one) return {};
    run_ = *std::move(run);
    one_ = *std::move(one);
    TILL_TRY_VOID(walk_tree());
    return look_for_missing();
}

Result<void> EventCopier::look_at_leaves(const std::filesystem::path& damaged) {
    TILL_TRY(const auto missing, missing_now());
    if (missing.empty()) return {};
    TILL_TRY(Transaction transaction, Transaction::begin(*into_));
    const std::set<std::uint64_t> wanted{missing.begin(), missing.end()};
    const auto add = [&](const RawRow& row) {
        if (!written_ || row.rowid < 1) return;
        const auto seq = static_cast<std::uint64_t>(row.rowid);
        if (wanted.contains(seq) || seq > known_) take(row);
    };
    scan_leaf_pages(damaged, event_columns, add);
    TILL_TRY_VOID(written_);
    return transaction.commit();
}

Result<void> EventCopier::walk_tree() {
    for (std::uint64_t at = kept_from_; at < believable();) {
        TILL_TRY(Transaction transaction, Transaction::begin(*into_));
        const bool whole =
            run_.each([&](const Row& row) { return take(row); }, at, slice).has_value();
        const bool any = last_ > at;
        at = std::max(at, last_);
        if (!whole) at = step_over(at);
        TILL_TRY_VOID(written_);
        TILL_TRY_VOID(transaction.commit());
        if (whole && !any) return {};  // That was all.
        TILL_TRY_VOID(into_->checkpoint(Database::Checkpoint::passive));
    }
    return {};
}

/// A broken tree may show row by row what a walk through it passes by.
Result<void> EventCopier::look_for_missing() {
    TILL_TRY(const auto missing, missing_now());
    TILL_TRY(Transaction transaction, Transaction::begin(*into_));
    for (const std::uint64_t seq : missing) {
        static_cast<void>(one_.each([&](const Row& row) { return take(row); }, seq));
        TILL_TRY_VOID(written_);
    }
    return transaction.commit();
}

Result<std::vector<std::uint64_t>> EventCopier::missing_now() {
    std::vector<std::uint64_t> missing;
    std::uint64_t next = kept_from_ + 1;
    const auto add_up_to = [&](std::uint64_t end) {
        for (; next < end && missing.size() < beyond_max; ++next) missing.push_back(next);
        next = end + 1;
    };
    TILL_TRY(Statement there, into_->prepare("SELECT seq FROM event ORDER BY seq"));
    TILL_TRY_VOID(there.each([&](const Row& row) { add_up_to(row.unsigned_integer(0)); }));
    add_up_to(known_ + 1);
    return missing;
}

/// Past a place that cannot be read, row by row, to the first that can.
std::uint64_t EventCopier::step_over(std::uint64_t at) {
    for (std::uint64_t tried = 0; tried < slice; ++tried) {
        const std::uint64_t before = last_;
        ++at;
        static_cast<void>(one_.each([&](const Row& row) { return take(row); }, at));
        if (!written_ || last_ != before) return at;
    }
    return at;
}

/// A value that does not fit its column any more is damage, too; anything else is the new file's failure.
bool EventCopier::take(const Row& row) {
    const std::uint64_t seq = row.unsigned_integer(0);
    if (seq > believable()) return true;
    const auto done =
        insert_.run(row.integer(0), row.integer(1), row.integer(2), row.integer(3), row.integer(4),
                    Blob{row.bytes(5)}, Blob{row.bytes(6)}, Blob{row.bytes(7)}, Blob{row.bytes(8)},
                    row.optional_integer(9), row.optional_integer(10), optional_blob(row, 11),
                    optional_blob(row, 12), Blob{row.bytes(13)});
    if (!done && done.error().code != Errc::conflict) written_ = done;
    last_ = std::max(last_, seq);
    return written_.has_value();
}

void EventCopier::take(const RawRow& row) {
    const auto integer = [&](std::size_t at) {
        const auto* value = std::get_if<std::int64_t>(&row.columns[at]);
        return value ? std::optional{*value} : std::nullopt;
    };
    const auto bytes = [&](std::size_t at) {
        const auto* value = std::get_if<Bytes>(&row.columns[at]);
        return value ? std::optional{Blob{*value}} : std::nullopt;
    };
    for (const std::size_t at : {1, 2, 3, 4})
        if (!integer(at)) return;
    for (const std::size_t at : {5, 6, 7, 8, 13})
        if (!bytes(at)) return;
    const auto done = insert_.run(row.rowid, *integer(1), *integer(2), *integer(3), *integer(4),
                                  *bytes(5), *bytes(6), *bytes(7), *bytes(8), integer(9),
                                  integer(10), bytes(11), bytes(12), *bytes(13));
    if (!done && done.error().code != Errc::conflict) written_ = done;
}

/// A number beyond this is damage itself.
std::uint64_t EventCopier::believable() const { return std::max(known_, last_ + beyond_max); }

}  // namespace till::detail
