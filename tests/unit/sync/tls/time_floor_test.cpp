#include "sync/tls/time_floor.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;
using namespace std::chrono_literals;

TEST_CASE("tls: wall time counts from the floor to the longest time offline, ends included",
          "[tls]") {
    const TimeFloor floor{WallTime{1'000'000}, 500ms};
    CHECK(floor.judge(WallTime{1'000'000}) == TimeFloor::Judged{WallTime{1'000'000}, true});
    CHECK(floor.judge(WallTime{1'000'500}) == TimeFloor::Judged{WallTime{1'000'500}, true});
    CHECK(floor.judge(WallTime{1'000'501}) == TimeFloor::Judged{WallTime{1'000'000}, false});
    CHECK(floor.judge(WallTime{999'999}) == TimeFloor::Judged{WallTime{1'000'000}, false});
    CHECK(floor.judge(WallTime{0}) == TimeFloor::Judged{WallTime{1'000'000}, false});
}

TEST_CASE("tls: the time floor rises and never goes back", "[tls]") {
    TimeFloor floor{WallTime{100}, 10ms};
    CHECK(floor.raise(WallTime{200}));
    CHECK_FALSE(floor.raise(WallTime{200}));
    CHECK_FALSE(floor.raise(WallTime{150}));
    CHECK(floor.floor() == WallTime{200});
    CHECK(floor.judge(WallTime{205}).trusted);
}

TEST_CASE("tls: the extremes of a clock are judged without overflow", "[tls]") {
    const TimeFloor floor{WallTime{1'700'000'000'000}, 1000h};
    CHECK_FALSE(floor.judge(WallTime{INT64_MAX}).trusted);
    CHECK_FALSE(floor.judge(WallTime{INT64_MIN}).trusted);
    const TimeFloor none{WallTime{0}, std::chrono::milliseconds::max()};
    CHECK(none.judge(WallTime{INT64_MAX}).trusted);
}
