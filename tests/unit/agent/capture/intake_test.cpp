#include "agent/capture/intake.hpp"

#include "support.hpp"

#include <catch2/catch.hpp>

using namespace till;

namespace {

struct Taken {
    Result<void> outcome;
    std::vector<std::vector<std::uint64_t>> groups;  // Lines of each.
    std::vector<Spool::Aside> aside;
};

Taken take(BytesView bytes, const Mapping& mapping = test_mapping(), std::uint64_t most = 1 << 20) {
    const Scratch scratch;
    Spool spool = *Spool::open(scratch.path);
    Intake intake{mapping, spool, most};
    Taken taken;
    taken.outcome = intake.feed(bytes);
    if (taken.outcome) taken.outcome = intake.finish();
    for (auto rows = *spool.next_group(); !rows.empty(); rows = *spool.next_group()) {
        taken.groups.emplace_back();
        for (const SourceRow& row : rows) taken.groups.back().push_back(row.line);
    }
    taken.aside = *spool.set_aside_after(0, 1000);
    return taken;
}

using Groups = std::vector<std::vector<std::uint64_t>>;

}  // namespace

TEST_CASE("capture: rows of one invoice come together, in order of first appearance", "[capture]") {
    const auto file = test_file({"7,a,,1,1,2024-01-01 10:00,", "5,b,,1,1,2024-01-01 10:00,",
                                 "7,c,,1,1,2024-01-01 10:00,", "6,d,,1,1,2024-01-01 10:00,",
                                 "5,e,,1,1,2024-01-01 10:00,", "7,f,,1,1,2024-01-01 10:00,"});
    CHECK(take(file).groups == Groups{{2, 4, 7}, {3, 6}, {5}});
    CHECK(take(gzip(file)).groups == Groups{{2, 4, 7}, {3, 6}, {5}});
}

TEST_CASE("capture: an invoice far larger than a page comes whole, a boundless one aside",
          "[capture]") {
    const std::string row = "7,a,some words,1,1,2024-01-01 10:00,";
    const auto whole = take(test_file(std::vector<std::string>(5000, row)));
    REQUIRE(whole.groups.size() == 1);
    CHECK(whole.groups[0].size() == 5000);
    const auto boundless = take(test_file(std::vector<std::string>(5001, row)));
    CHECK(boundless.groups.empty());
    CHECK(boundless.aside.at(0).reason == "the transaction has 5001 lines; at most 5000");
}

TEST_CASE("capture: rows that cannot be understood are set aside with line and reason",
          "[capture]") {
    const auto taken =
        take(test_file({"7,a,,1,1,2024-01-01 10:00,", "7,a,comma, here,1,1,x,y",
                        ",a,,1,1,2024-01-01 10:00,", "7,\xff,,1,1,x,", "7,\"a,,1,1,x,"}));
    CHECK(taken.groups == Groups{{2}});
    REQUIRE(taken.aside.size() == 4);
    CHECK(taken.aside[0].reason == "has 8 fields where the header has 7");
    CHECK(taken.aside[1].reason == "number is empty");
    CHECK(taken.aside[2].reason == "byte 0xff is not text in this encoding");
    CHECK(taken.aside[2].raw == "7,\xef\xbf\xbd,,1,1,x,");
    CHECK(taken.aside[3].reason == "a quote is opened and never closed");
    CHECK(taken.aside[3].line == 6);
}

TEST_CASE("capture: blank rows, repeated headers and empty extra fields are no fault",
          "[capture]") {
    const auto taken =
        take(test_file({"7,a,,1,1,2024-01-01 10:00,", "", ",,,,,,",
                        "No,Item,Text,Qty,Price,Time,Who", "7,b,,1,1,2024-01-01 10:00,,, "}));
    CHECK(taken.groups == Groups{{2, 6}});
    CHECK(taken.aside.empty());
}

TEST_CASE("capture: a file that cannot be read at all says why", "[capture]") {
    CHECK_THAT(take("a,b\n1,2\n").outcome.error().detail, Catch::Contains("\"No\""));
    CHECK(take(BytesView{"\x1f\x8bnonsense", 10}).outcome.error().code == Errc::malformed);
    const Bytes zipped = gzip(test_file({"7,a,,1,1,2024-01-01 10:00,"}));
    CHECK(take(zipped.substr(0, zipped.size() - 3)).outcome.error().code == Errc::closed);
    const Bytes bomb = gzip(std::string(2'000'000, '\n'));
    CHECK(take(bomb).outcome.error().code == Errc::out_of_range);
    CHECK(take("").outcome);
}

TEST_CASE("capture: numbers that restart each day are told apart by the day", "[capture]") {
    CsvMapping mapping = test_mapping();
    mapping.numbers_restart_daily = true;
    const auto taken = take(test_file({"7,a,,1,1,2024-01-01 10:00,", "7,b,,1,1,2024-01-02 10:00,",
                                       "7,c,,1,1,2024-01-01 11:00,", "7,d,,1,1,later,"}),
                            mapping);
    CHECK(taken.groups == Groups{{2, 4}, {3}});
    CHECK(taken.aside.at(0).reason == "time fits no pattern of time_formats");
}
