#include "sync/session/clock_estimate.hpp"

#include "sync/session/frames.hpp"

#include <algorithm>
#include <limits>

namespace till::sync {

namespace {

constexpr std::uint64_t drift_parts = 5000;  // 200 parts in a million: a bad quartz.
constexpr std::int64_t error_most_ms = INT64_MAX / 4;
constexpr std::uint64_t step_ms = 50;  // Less is slewing or scheduling.

std::uint64_t bits(std::int64_t value) { return static_cast<std::uint64_t>(value); }

/// a - b for any two clocks a peer may send, without overflow.
std::int64_t difference(std::int64_t a, std::int64_t b) {
    std::int64_t result{};
    if (!__builtin_sub_overflow(a, b, &result)) return result;
    return a < b ? std::numeric_limits<std::int64_t>::min()
                 : std::numeric_limits<std::int64_t>::max();
}

std::int64_t magnitude(std::int64_t value) { return value < 0 ? difference(0, value) : value; }

/// Whether the wall clock moved otherwise than the boot clock between two samples of one peer.
bool has_stepped(const Times& before, const Times& after) {
    if (before.boot != after.boot) return true;
    const std::uint64_t wall = bits(after.wall.value()) - bits(before.wall.value());
    const std::uint64_t boot = after.since_boot.value() - before.since_boot.value();
    const std::uint64_t apart = wall - boot + step_ms;  // Wraps around below zero.
    return apart > 2 * step_ms;
}

}  // namespace

void ClockEstimate::bracket(const Times& earliest, const Times& latest, const Times& sample) {
    const auto width = static_cast<std::int64_t>(since(earliest, latest));
    const std::int64_t middle = latest.wall.value() - width / 2;
    // Half a millisecond is lost in rounding at either end.
    const ClockOffset fresh{difference(middle, sample.wall.value()), width / 2 + 1};
    const bool keeps =
        best_ && !has_stepped(sample_, sample) && at(latest).error_ms < fresh.error_ms;
    if (keeps) return;
    best_ = fresh;
    measured_ = latest;
    sample_ = sample;
}

ClockOffset ClockEstimate::at(const Times& now) const {
    if (!best_) return {};
    ClockOffset aged = *best_;
    aged.error_ms += static_cast<std::int64_t>(since(measured_, now) / drift_parts);
    return aged;
}

ClockOffset ClockEstimate::when_read(const Times& theirs, const Times& now) const {
    if (!best_) return {};
    ClockOffset then = *best_;
    if (theirs.boot != sample_.boot) {
        then.error_ms = at(now).error_ms + std::min(magnitude(then.offset_ms), error_most_ms);
        return then;
    }
    const auto before_sample =
        static_cast<std::int64_t>(sample_.since_boot.value() - theirs.since_boot.value());
    const auto walls = difference(theirs.wall.value(), sample_.wall.value());
    then.offset_ms = difference(difference(then.offset_ms, walls), before_sample);
    then.error_ms += magnitude(before_sample) / static_cast<std::int64_t>(drift_parts);
    return then;
}

}  // namespace till::sync
