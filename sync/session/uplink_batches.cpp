#include "agent/core/limits.hpp"
#include "sync/session/uplink_impl.hpp"
#include "sync/session/verified_batch.hpp"
#include "sync/wire/batch.hpp"
#include "sync/wire/chain.hpp"

#include <algorithm>

namespace till::sync {

namespace {

constexpr std::uint32_t journal_stream = 1;

/// How many of `records` make one batch of at most `bytes_max`; at least one.
std::size_t batch_length(std::span<const Envelope> records, std::size_t bytes_max) {
    std::size_t bytes = 0;
    std::size_t count = 0;
    for (const Envelope& record :
         records.first(std::min(records.size(), limits::batch_records_max))) {
        bytes += batch_bytes(record);
        if (count > 0 && bytes > bytes_max) break;
        ++count;
    }
    return count;
}

bool follows(std::span<const Envelope> records, Seq before) {
    for (const Envelope& record : records) {
        if (record.seq != next(before)) return false;
        before = record.seq;
    }
    return true;
}

}  // namespace

void UplinkSession::Impl::start(Step streaming_or_branching, const Mark& from) {
    step = streaming_or_branching;
    acked = sent = from;
    in_flight.clear();
    in_flight_bytes = 0;
    room_needed = 0;
    progress(from.seq);
}

void UplinkSession::Impl::start_fork(const Mark& theirs) {
    centre = theirs;
    out.push_back(Forked{centre});
    step = Step::rooting;
    // What the same store acknowledged, it has. A restored one may have lost any of it.
    const bool same_store = epoch == options.store_epoch;
    root = same_store ? std::min(options.acknowledged, options.head.seq) : options.kept_from;
    if (root == Seq{0}) return start(Step::branching, {root, genesis_hash()});
    if (root == options.head.seq) return start(Step::branching, options.head);
    out.push_back(ReadHash{root});
}

/// Everything up to `upto` is safe: frees its room and sends what comes next.
void UplinkSession::Impl::progress(Seq upto) {
    while (!in_flight.empty() && in_flight.front().end.seq <= upto) {
        in_flight_bytes -= in_flight.front().raw_bytes;
        in_flight.pop_front();
    }
    if (step == Step::branching && upto >= options.head.seq) {
        out.push_back(Retired{epoch});
        return hang_up(Reason::done, "the forked journal is handed over");
    }
    read_more();
}

std::size_t UplinkSession::Impl::room() const {
    const std::uint64_t by_credit = credit > spent ? credit - spent : 0;
    const std::size_t by_window =
        limits::window_bytes > in_flight_bytes ? limits::window_bytes - in_flight_bytes : 0;
    return static_cast<std::size_t>(std::min<std::uint64_t>(by_credit, by_window));
}

void UplinkSession::Impl::read_more() {
    if (!is_up() || reading || is_held() || sent.seq >= options.head.seq) return;
    if (in_flight.size() >= limits::batches_in_flight_max) return;
    // With batches under way it is not worth filling up the window's last bytes.
    const std::size_t worth = in_flight.empty() ? 1 : limits::batch_bytes_target;
    if (room() < std::max(worth, room_needed)) return;
    reading = sent.seq;
    out.push_back(ReadRecords{sent.seq, std::min(room(), limits::batch_bytes_target),
                              limits::batch_records_max});
}

void UplinkSession::Impl::take(const RecordsRead& read) {
    const auto from = std::exchange(reading, std::nullopt);
    if (!from || !is_up()) return;
    if (*from != sent.seq) return read_more();  // The centre asked for a resend meanwhile.
    if (!read.records) {
        return hang_up(Reason::unavailable, "journal: " + read.records.error().detail);
    }
    const std::span<const Envelope> records{*read.records};
    if (records.empty() || !follows(records, sent.seq)) {
        return hang_up(Reason::unavailable, "journal: not the records that were asked for");
    }
    send_batch(records.first(batch_length(records, std::min(room(), limits::batch_bytes_max))));
    read_more();
}

Mark UplinkSession::Impl::end_of(std::span<const Envelope> records) const {
    Mark end = sent;
    for (const Envelope& record : records) {
        end = {record.seq, chain_hash(end.hash, options.journal, record)};
    }
    return end;
}

void UplinkSession::Impl::send_batch(std::span<const Envelope> records) {
    const auto raw = encode_records(records);
    if (!raw) return hang_up(Reason::unavailable, "journal: " + raw.error().detail);
    if (raw->size() > room()) {
        room_needed = raw->size();
        return;
    }
    const Mark end = end_of(records);
    if (end.seq == options.head.seq && end.hash != options.head.hash) {
        return hang_up(Reason::unavailable, "journal: the chain does not lead to its head");
    }
    if (end.seq > options.head.seq) options.head = end;
    v1::Frame frame;
    frame.set_stream(journal_stream);
    v1::Batch& batch = *frame.mutable_batch();
    batch.set_first_seq(records.front().seq.value());
    batch.set_count(static_cast<std::uint32_t>(records.size()));
    batch.set_head_hash(Bytes{view(end.hash).substr(0, head_hash_bytes)});
    if (step == Step::branching) batch.set_branch_base(Bytes{view(sent.hash)});
    auto packed = compress(codec, level_for(raw->size()), *raw);
    const bool gains = packed && packed->size() < raw->size();
    batch.set_payload(gains ? *std::move(packed) : *raw);
    if (gains) batch.set_codec(codec.value());
    if (gains) batch.set_raw_bytes(static_cast<std::uint32_t>(raw->size()));
    out.push_back(send(frame));
    in_flight.push_back({end, raw->size()});
    in_flight_bytes += raw->size();
    spent += raw->size();
    room_needed = 0;
    sent = end;
}

/// Moves `acked` to the end of a batch under way; false when `mark` is not one.
bool UplinkSession::Impl::settle(Seq mark) {
    if (mark == acked.seq) return true;
    const auto ours = std::ranges::find(in_flight, mark, [](auto& b) { return b.end.seq; });
    if (ours == in_flight.end()) return false;
    acked = ours->end;
    return true;
}

void UplinkSession::Impl::take(const v1::Ack& ack) {
    if (step != Step::streaming) return;  // Overtaken by the fork.
    const Seq mark{ack.mark()};
    if (mark < acked.seq) return hang_up(Reason::restored, "an ack that goes back");
    if (!settle(mark)) return hang_up(Reason::violation, "an ack for what was never sent");
    if (!ack.hash().empty() && ack.hash() != view(acked.hash)) return start_fork(centre);
    credit = std::max<std::uint64_t>(credit, ack.credit_bytes());
    out.push_back(Acknowledge{mark, epoch});
    progress(mark);
}

void UplinkSession::Impl::take(const v1::Resend& resend) {
    const std::uint64_t from = resend.from();
    while (!in_flight.empty() && in_flight.back().end.seq.value() >= from) {
        in_flight_bytes -= in_flight.back().raw_bytes;
        in_flight.pop_back();
    }
    sent = in_flight.empty() ? acked : in_flight.back().end;
    if (next(sent.seq).value() != from) {
        return hang_up(Reason::violation, "resend from within a batch or outside the window");
    }
    read_more();
}

void UplinkSession::Impl::take(const v1::Fork& fork) {
    if (step == Step::streaming) return start_fork(centre);
    if (fork.kept() != 0 && !settle(Seq{fork.kept()})) {
        return hang_up(Reason::violation, "a branch kept that was never sent");
    }
    progress(acked.seq);
}

}  // namespace till::sync
