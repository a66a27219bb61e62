#include "sync/wire/batch.hpp"

#include "agent/core/hex.hpp"
#include "agent/core/limits.hpp"
#include "sync/wire/frames.pb.h"

#include <algorithm>
#include <limits>

namespace till::sync {

namespace {

namespace v1 = tillstream::v1;

constexpr std::size_t columns_bytes_max = 80;  // All numbers of one record, each at its longest.
constexpr std::size_t boot_id_bytes = 16;
constexpr std::size_t hash_bytes = 32;

// Differences wrap around on purpose: any two times survive, however absurd.
std::uint64_t bits(std::int64_t value) { return static_cast<std::uint64_t>(value); }
std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

/// The clocks of the record before, from which a record's times are told.
struct Clocks {
    std::uint64_t wall = 0;
    std::uint64_t since_boot = 0;
};

/// Index of `boot` among the boot ids so far, added when it is new.
std::uint32_t boot_index(std::vector<BootId>& boots, const BootId& boot) {
    const auto found = std::ranges::find(boots, boot);
    const auto index = static_cast<std::uint32_t>(found - boots.begin());
    if (found == boots.end()) boots.push_back(boot);
    return index;
}

void put_optional_columns(v1::BatchRecords& into, std::span<const Envelope> records) {
    const bool sealed = std::ranges::any_of(records, [](auto& r) { return !r.sealed.empty(); });
    const bool versions =
        std::ranges::any_of(records, [](auto& r) { return r.version != envelope_version; });
    for (std::uint32_t i = 0; i < records.size(); ++i) {
        const Envelope& record = records[i];
        const BytesView part = record.erased_sealed ? BytesView{} : BytesView{record.sealed};
        if (sealed) into.add_sealed_sizes(static_cast<std::uint32_t>(part.size()));
        into.mutable_sealed()->append(part);
        if (versions) into.add_versions(record.version);
        if (!record.erased_sealed) continue;
        into.add_erased(i);
        into.mutable_erased_hashes()->append(view(*record.erased_sealed));
    }
}

/// Takes `sizes[i]` bytes at a time off the front of `bytes`.
class Pieces {
public:
    explicit Pieces(BytesView bytes) : rest_{bytes} {}
    Result<Bytes> take(std::size_t size) {
        if (size > rest_.size()) return Error{Errc::malformed, "batch: sizes beyond the bytes"};
        Bytes piece{rest_.substr(0, size)};
        rest_.remove_prefix(size);
        return piece;
    }
    bool is_empty() const { return rest_.empty(); }

private:
    BytesView rest_;
};

bool is_column(int size, std::uint32_t count) {
    return size == 0 || static_cast<std::uint32_t>(size) == count;
}

Result<void> check_columns(const v1::BatchRecords& from, std::uint32_t count) {
    const auto full = [&](int size) { return static_cast<std::uint32_t>(size) == count; };
    const bool fits =
        full(from.kinds_size()) && full(from.walls_size()) && full(from.drifts_size())
        && full(from.body_sizes_size()) && is_column(from.boots_size(), count)
        && is_column(from.sealed_sizes_size(), count) && is_column(from.versions_size(), count)
        && from.boot_ids().size() % boot_id_bytes == 0
        && from.erased_hashes().size() == static_cast<std::size_t>(from.erased_size()) * hash_bytes;
    if (!fits) return Error{Errc::malformed, "batch: columns of different lengths"};
    return {};
}

Result<Times> take_times(const v1::BatchRecords& from, int i, Clocks& before) {
    const std::uint64_t step = bits(from.walls(i));
    before.wall += step;
    before.since_boot += i == 0 ? bits(from.drifts(i)) : step + bits(from.drifts(i));
    const std::size_t boot = from.boots_size() == 0 ? 0 : from.boots(i);
    if (boot >= from.boot_ids().size() / boot_id_bytes) {
        return Error{Errc::malformed, "batch: unknown boot"};
    }
    const BytesView id = BytesView{from.boot_ids()}.substr(boot * boot_id_bytes, boot_id_bytes);
    TILL_TRY(const Uuid uuid, Uuid::from_bytes(id));
    return Times{WallTime{number(before.wall)}, BootTime{before.since_boot}, BootId{uuid}};
}

Result<void> put_erased(const v1::BatchRecords& from, std::vector<Envelope>& into) {
    for (int i = 0; i < from.erased_size(); ++i) {
        const std::uint32_t at = from.erased(i);
        const bool ascends = i == 0 || at > from.erased(i - 1);
        if (at >= into.size() || !ascends || !into[at].sealed.empty()) {
            return Error{Errc::malformed, "batch: an erased part that cannot be"};
        }
        const auto hash =
            BytesView{from.erased_hashes()}.substr(static_cast<std::size_t>(i) * hash_bytes);
        TILL_TRY(into[at].erased_sealed, to_digest(hash.substr(0, hash_bytes)));
    }
    return {};
}

}  // namespace

std::size_t batch_bytes(const Envelope& record) {
    return record.body.size() + record.sealed.size() + columns_bytes_max;
}

Result<Bytes> encode_records(std::span<const Envelope> records) {
    if (records.size() > limits::batch_records_max) {
        return Error{Errc::out_of_range, "batch: too many records"};
    }
    v1::BatchRecords out;
    std::vector<BootId> boots;
    Clocks before;
    for (const Envelope& record : records) {
        const std::uint64_t wall = bits(record.times.wall.value());
        const std::uint64_t since_boot = record.times.since_boot.value();
        const std::uint64_t step = wall - before.wall;
        const bool first = out.kinds_size() == 0;
        out.add_kinds(record.kind.value());
        out.add_walls(number(step));
        out.add_drifts(number(since_boot - before.since_boot - (first ? 0 : step)));
        out.add_boots(boot_index(boots, record.times.boot));
        out.add_body_sizes(static_cast<std::uint32_t>(record.body.size()));
        out.mutable_bodies()->append(record.body);
        before = {wall, since_boot};
    }
    for (const BootId& boot : boots) out.mutable_boot_ids()->append(boot.value().bytes());
    if (boots.size() <= 1) out.clear_boots();
    put_optional_columns(out, records);
    if (out.ByteSizeLong() > limits::batch_bytes_max) {
        return Error{Errc::out_of_range, "batch: too many bytes"};
    }
    return out.SerializeAsString();
}

Result<std::vector<Envelope>> decode_records(BytesView raw, Seq first, std::uint32_t count) {
    const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - first.value();
    if (raw.size() > limits::batch_bytes_max || count > limits::batch_records_max || count > room) {
        return Error{Errc::out_of_range, "batch: too large"};
    }
    v1::BatchRecords in;
    if (!in.ParseFromArray(raw.data(), static_cast<int>(raw.size()))) {
        return Error{Errc::malformed, "batch: not a BatchRecords"};
    }
    TILL_TRY_VOID(check_columns(in, count));
    std::vector<Envelope> out;
    out.reserve(count);
    Pieces bodies{in.bodies()};
    Pieces sealed{in.sealed()};
    Clocks before;
    for (int i = 0; i < static_cast<int>(count); ++i) {
        Envelope& record = out.emplace_back();
        if (in.versions_size() != 0) record.version = in.versions(i);
        record.seq = Seq{first.value() + static_cast<std::uint64_t>(i)};
        record.kind = Kind{in.kinds(i)};
        TILL_TRY(record.times, take_times(in, i, before));
        TILL_TRY(record.body, bodies.take(in.body_sizes(i)));
        const std::uint32_t sealed_size = in.sealed_sizes_size() == 0 ? 0 : in.sealed_sizes(i);
        TILL_TRY(record.sealed, sealed.take(sealed_size));
    }
    if (!bodies.is_empty() || !sealed.is_empty()) {
        return Error{Errc::malformed, "batch: bytes of no record"};
    }
    TILL_TRY_VOID(put_erased(in, out));
    return out;
}

}  // namespace till::sync
