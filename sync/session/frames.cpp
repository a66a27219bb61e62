#include "sync/session/frames.hpp"

#include <algorithm>

namespace till::sync {

namespace {
constexpr std::size_t detail_bytes_max = 200;
constexpr std::uint64_t wait_ms_max = 24ULL * 3600 * 1000;
}  // namespace

Result<v1::Frame> parse_frame(BytesView message, std::size_t bytes_max) {
    if (message.size() > bytes_max) return Error{Errc::out_of_range, "message too large"};
    v1::Frame frame;
    if (!frame.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
        return Error{Errc::malformed, "not a Frame"};
    }
    return frame;
}

Send send(const v1::Frame& frame) { return {frame.SerializeAsString()}; }

Send send_bye(Reason reason, std::string_view detail, std::chrono::milliseconds retry_after) {
    v1::Frame frame;
    v1::Bye& bye = *frame.mutable_bye();
    bye.set_reason(static_cast<v1::Bye::Reason>(reason));
    bye.set_detail(std::string{detail});
    bye.set_retry_after_ms(
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, retry_after.count())));
    return send(frame);
}

Send send_pong(const v1::Ping& ping, const Times& now) {
    v1::Frame frame;
    frame.mutable_pong()->set_id(ping.id());
    put(*frame.mutable_pong()->mutable_clock(), now);
    return send(frame);
}

void put(v1::ClockSample& into, const Times& now) {
    into.set_wall_ms(now.wall.value());
    into.set_since_boot_ms(now.since_boot.value());
    into.set_boot_id(Bytes{now.boot.value().bytes()});
}

Result<Times> times_of(const v1::ClockSample& sample) {
    TILL_TRY(const Uuid boot, Uuid::from_bytes(sample.boot_id()));
    return Times{WallTime{sample.wall_ms()}, BootTime{sample.since_boot_ms()}, BootId{boot}};
}

std::size_t raw_bytes(const v1::Batch& batch) {
    return batch.codec() == 0 ? batch.payload().size() : batch.raw_bytes();
}

std::string printable(std::string_view text) {
    std::string out{text.substr(0, detail_bytes_max)};
    std::ranges::replace_if(out, [](char c) { return c < ' ' || c > '~'; }, '?');
    return out;
}

std::chrono::milliseconds wait_of(std::uint64_t milliseconds) {
    return std::chrono::milliseconds{std::min(milliseconds, wait_ms_max)};
}

std::uint64_t since(const Times& earlier, const Times& later) {
    const std::uint64_t a = earlier.since_boot.value();
    const std::uint64_t b = later.since_boot.value();
    return b > a ? b - a : 0;
}

}  // namespace till::sync
