#include "support.hpp"

#include <catch2/catch.hpp>

using namespace till;

namespace {

constexpr std::size_t sales = 300;

/// Interleaved sales and, every tenth, a return of an earlier one, and one bad row.
std::string long_file() {
    std::vector<std::string> rows;
    for (std::size_t at = 0; at < sales; ++at) {
        const std::string number = std::to_string(1000 + at), who = "c-" + std::to_string(at % 7);
        const bool back = at % 10 == 9;
        rows.push_back((back ? "R" + number : number) + ",A,Mug," + (back ? "-1" : "2")
                       + ",1.50,2024-06-01 10:00," + who);
        if (at % 3 == 1 && at % 10 != 0)
            rows.push_back(std::to_string(999 + at) + ",B,Tea,1,2,2024-06-01 10:00,");
    }
    rows.push_back("bad");
    return test_file(rows);
}

std::multiset<std::string> bodies(const FakeSink& sink) {
    std::multiset<std::string> all;
    for (const auto& [key, body] : sink.stored) all.insert(key + body);
    return all;
}

}  // namespace

TEST_CASE("capture: stopped after any number of captures, nothing is lost or doubled",
          "[capture]") {
    DropRig whole;
    whole.drop("day.csv", long_file());
    whole.start();
    REQUIRE(whole.run_until_empty());

    const std::size_t cut = GENERATE(0, 1, 7, 63, 64, 65, 128, 299, 300);
    DropRig rig;
    rig.drop("day.csv", long_file());
    rig.sink.fail = [&](const FakeSink& sink) {
        return sink.stored.size() >= cut ? std::optional{Errc::busy} : std::nullopt;
    };
    rig.start();
    REQUIRE(rig.run_until([&] { return rig.sink.stored.size() >= cut && rig.sink.calls > cut; }));
    rig.stop();
    CHECK(std::filesystem::exists(rig.path("day.csv")));
    rig.sink.fail = [](const FakeSink&) { return std::nullopt; };
    rig.start();
    REQUIRE(rig.run_until_empty());
    CHECK(bodies(rig.sink) == bodies(whole.sink));
    CHECK(rig.sink.transactions.size() == whole.sink.transactions.size());
    CHECK(rig.sink.asides.size() == 1);
}

TEST_CASE("capture: a sink that fails now and then gets everything in the end", "[capture]") {
    DropRig rig;
    const Errc why =
        GENERATE(Errc::busy, Errc::disk_full, Errc::io, Errc::outcome_unknown, Errc::forbidden);
    rig.sink.fail = [why](const FakeSink& sink) {
        return sink.calls % 5 == 1 ? std::optional{why} : std::nullopt;
    };
    rig.drop("day.csv", long_file());
    rig.start();
    REQUIRE(rig.run_until_empty());
    CHECK(rig.sink.transactions.size() == sales);
    CHECK(rig.sink.in_flight_most > 30);
    CHECK(rig.sink.in_flight_most <= 64);
}

TEST_CASE("capture: killed between the last capture and the move, the file is only moved",
          "[capture]") {
    DropRig rig;
    rig.drop("day.csv", test_file({"1,A,Mug,2,1.50,2024-06-01 10:00,"}));
    rig.start();
    REQUIRE(rig.run_until_empty());
    rig.stop();
    std::filesystem::rename(rig.path("done/day.csv"), rig.path("day.csv"));
    rig.start();
    REQUIRE(rig.run_until_empty());
    CHECK(rig.file_drop->figures().files_known == 1);
    CHECK(rig.sink.calls == 1);
}
