#include "agent/runtime/metrics.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace std::chrono_literals;

TEST_CASE("metrics: type and help come once for a name, and labels are escaped", "[metrics]") {
    MetricsText out;
    out.gauge("tillstream_x", "What it is.", 1, {{"store", "12"}, {"name", "a\"b\\c\nd"}});
    out.gauge("tillstream_x", "What it is.", 0.5, {});
    CHECK(out.text() == "# HELP tillstream_x What it is.\n# TYPE tillstream_x gauge\n"
                        "tillstream_x{store=\"12\",name=\"a\\\"b\\\\c\\nd\"} 1\n"
                        "tillstream_x 0.5\n");
}

TEST_CASE("metrics: a histogram's buckets add up, and the last has all", "[metrics]") {
    Durations durations;
    for (const auto taken : {500us, 1000us, 3000us, 10'000'000us}) durations.add(taken);
    MetricsText out;
    durations.write(out, "tillstream_y_seconds", "How long.");
    const auto& text = out.text();
    CHECK_THAT(text, Catch::Contains("tillstream_y_seconds_bucket{le=\"0.001\"} 2\n"));
    CHECK_THAT(text, Catch::Contains("tillstream_y_seconds_bucket{le=\"0.005\"} 3\n"));
    CHECK_THAT(text, Catch::Contains("tillstream_y_seconds_bucket{le=\"5\"} 3\n"));
    CHECK_THAT(text, Catch::Contains("tillstream_y_seconds_bucket{le=\"+Inf\"} 4\n"));
    CHECK_THAT(text, Catch::Contains("tillstream_y_seconds_sum 10.0045\n"));
    CHECK_THAT(text, Catch::Contains("tillstream_y_seconds_count 4\n"));
}
