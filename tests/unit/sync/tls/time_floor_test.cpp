#include "sync/tls/time_floor.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t noon = 1'800'000'000'000;
constexpr std::int64_t minute = 60'000;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t ten_years = 3652 * 24 * hour;

const BootId this_boot{Uuid::from_random(std::array<std::uint8_t, 16>{1})};
const BootId next_boot{Uuid::from_random(std::array<std::uint8_t, 16>{2})};

Times at(std::int64_t wall, std::uint64_t since_boot = 0, BootId boot = this_boot) {
    return {WallTime{wall}, BootTime{since_boot}, boot};
}

TimeFloor::Judged believed(std::int64_t wall) { return {WallTime{wall}, true}; }
TimeFloor::Judged instead(std::int64_t time) { return {WallTime{time}, false}; }

}  // namespace

TEST_CASE("tls: wall time counts from the floor to the longest time offline, ends included",
          "[tls]") {
    const TimeFloor floor{{WallTime{1'000'000}, {}}, 500ms};
    CHECK(floor.judge(at(1'000'000)) == believed(1'000'000));
    CHECK(floor.judge(at(1'000'500)) == believed(1'000'500));
    CHECK(floor.judge(at(1'000'501)) == instead(1'000'000));
    CHECK(floor.judge(at(999'999)) == instead(1'000'000));
    CHECK(floor.judge(at(0)) == instead(1'000'000));
}

TEST_CASE("tls: the time floor rises and never goes back", "[tls]") {
    TimeFloor floor{{WallTime{noon}, {}}, 10h};
    floor.raise(WallTime{noon + hour}, at(0));
    CHECK(floor.state().floor == WallTime{noon + hour});
    floor.raise(WallTime{noon}, at(0));
    CHECK(floor.state().floor == WallTime{noon + hour});
    CHECK(floor.judge(at(noon)).time == WallTime{noon + hour});
}

TEST_CASE("tls: after a verified time the boot clock counts on, however the wall clock steps",
          "[tls]") {
    TimeFloor floor{{}, 1000h};
    floor.raise(WallTime{noon}, at(noon - ten_years, 5 * minute));
    const auto later = 5 * minute + hour;
    CHECK(floor.judge(at(noon + hour - ten_years, later)) == instead(noon + hour));
    CHECK(floor.judge(at(noon + hour + ten_years, later)) == instead(noon + hour));
    CHECK(floor.judge(at(noon + 2 * hour, later)) == instead(noon + hour));
    CHECK(floor.judge(at(noon + hour + 20'000, later)) == believed(noon + hour + 20'000));
}

TEST_CASE(
    "tls: after a restart it is at least as late as the last verified time and the time since boot",
    "[tls]") {
    TimeFloor before{{}, 1000h};
    before.raise(WallTime{noon}, at(noon, 5 * minute));
    const TimeFloor floor{before.state(), 1000h};
    CHECK(floor.judge(at(noon - ten_years, 2 * hour, next_boot)) == instead(noon + 2 * hour));
    CHECK(floor.judge(at(noon + ten_years, 2 * hour, next_boot)) == instead(noon + 2 * hour));
    CHECK(floor.judge(at(noon + hour, 2 * hour, next_boot)) == instead(noon + 2 * hour));
    CHECK(floor.judge(at(noon + 9 * hour, 2 * hour, next_boot)) == believed(noon + 9 * hour));
    // A program that restarts under the same kernel counts on.
    CHECK(floor.judge(at(0, 5 * minute + 3 * hour)) == instead(noon + 3 * hour));
}

TEST_CASE("tls: the extremes of a clock are judged without overflow", "[tls]") {
    const TimeFloor floor{{WallTime{noon}, {}}, 1000h};
    CHECK_FALSE(floor.judge(at(INT64_MAX)).trusted);
    CHECK_FALSE(floor.judge(at(INT64_MIN)).trusted);
    const TimeFloor none{{}, std::chrono::milliseconds::max()};
    CHECK(none.judge(at(INT64_MAX)).trusted);
    TimeFloor last{{}, std::chrono::milliseconds::max()};
    last.raise(WallTime{INT64_MAX}, at(INT64_MIN));
    CHECK(last.judge(at(INT64_MIN, UINT64_MAX)) == instead(INT64_MAX));
    CHECK(last.judge(at(0, UINT64_MAX, next_boot)) == instead(INT64_MAX));
}
