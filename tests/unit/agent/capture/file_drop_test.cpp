#include "support.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace till;
namespace v1 = tillstream::v1;
namespace fs = std::filesystem;

namespace {

const std::string sale_1 = "1,A,Mug,2,1.50,2024-06-01 10:00,c-1";
const std::string sale_2 = "2,B,Tea,1,3.00,2024-06-01 11:00,c-2";
const std::string back_1 = "R3,A,Mug,-1,1.50,2024-06-02 10:00,c-1";

}  // namespace

TEST_CASE(
    "capture: each file that cannot be read is told of, though others before it could not be, "
    "either",
    "[capture]") {
    DropRig rig;
    rig.drop("one.csv", "a,b,c\n1,2,3\n");
    rig.drop("two.csv", "a,b,c\n1,2,4\n");
    rig.start();
    REQUIRE(rig.run_until_empty());
    REQUIRE(rig.sink.asides.size() == 2);
    CHECK(rig.sink.asides[0].file_sha256() != rig.sink.asides[1].file_sha256());
    CHECK(rig.sink.asides[0].file_sha256() != std::string(32, '\0'));
}

TEST_CASE("capture: a dropped file is captured in order and moved to done", "[capture]") {
    DropRig rig;
    rig.start();
    rig.drop("day.csv", test_file({sale_1, sale_2, back_1}));
    REQUIRE(rig.run_until_empty());
    REQUIRE(rig.sink.transactions.size() == 3);
    CHECK(rig.sink.transactions[0].source().number() == "1");
    CHECK(rig.sink.transactions[2].source().number() == "R3");
    CHECK(rig.file_drop->figures().rows == 3);
    CHECK(fs::exists(rig.path("done/day.csv")));
    CHECK(rig.sink.asides.empty());
}

TEST_CASE("capture: a return names the earlier sale, also of an earlier file", "[capture]") {
    DropRig rig;
    rig.start();
    rig.drop("a.csv", test_file({sale_2, sale_1}));
    REQUIRE(rig.run_until_empty());
    rig.stop();
    rig.start();
    rig.drop("b.csv", test_file({back_1, "R4,B,Tea,-1,3.00,2024-06-02 10:00,c-1"}));
    REQUIRE(rig.run_until_empty());
    const auto& named = rig.sink.transactions.at(2).lines(0);
    CHECK(named.original().transaction() == "1");
    CHECK(named.original().line() == 1);
    CHECK(named.original().business_day() == "2024-06-01");
    CHECK_FALSE(rig.sink.transactions.at(3).lines(0).has_original());
}

TEST_CASE("capture: cumulative and repeated files double nothing, changed content is new",
          "[capture]") {
    DropRig rig;
    rig.start();
    rig.drop("a.csv", test_file({sale_1, back_1}));
    REQUIRE(rig.run_until_empty());
    rig.drop("a.csv", test_file({sale_1, back_1}));
    REQUIRE(rig.run_until_empty());
    CHECK(rig.file_drop->figures().files_known == 1);
    CHECK(rig.sink.calls == 2);
    // The sale in front of the return is new, so the return would name it: its key says it is the same.
    rig.drop("b.csv", test_file({sale_1, "0,A,Mug,1,1.50,2024-06-02 09:00,c-1", back_1, sale_2}));
    REQUIRE(rig.run_until_empty());
    CHECK(rig.sink.transactions.size() == 4);
    CHECK(rig.file_drop->figures().replayed == 2);
    rig.drop("c.csv", test_file({"1,A,Mug,3,1.50,2024-06-01 10:00,c-1"}));
    REQUIRE(rig.run_until_empty());
    REQUIRE(rig.sink.transactions.size() == 5);
    CHECK(rig.sink.transactions[4].source().number() == "1");
    CHECK(fs::exists(rig.path("done/a.csv")));
}

TEST_CASE("capture: a file somebody is still writing is waited for", "[capture]") {
    DropRig rig;
    std::ofstream writer{rig.path("day.csv"), std::ios::binary};
    writer << test_file({sale_1}) << std::flush;
    rig.start();
    int looks = 0;
    CHECK(rig.run_until([&] { return ++looks > 50; }));
    CHECK(rig.sink.calls == 0);
    writer << sale_2 << '\n';
    writer.close();
    REQUIRE(rig.run_until_empty());
    CHECK(rig.sink.transactions.size() == 2);
}

TEST_CASE("capture: a .gz copied in parts is waited for, one that stays short goes aside",
          "[capture]") {
    DropRig rig;
    rig.options.gz_patience = std::chrono::seconds{15};
    const Bytes whole = gzip(test_file({sale_1}));
    rig.drop("day.csv.gz", whole.substr(0, 40));
    rig.start();
    int looks = 0;
    CHECK(rig.run_until([&] { return ++looks > 50; }));
    CHECK(rig.sink.calls == 0);
    rig.drop("day.csv.gz", whole);
    REQUIRE(rig.run_until_empty());
    CHECK(rig.sink.transactions.size() == 1);
    rig.stop();
    rig.options.gz_patience = std::chrono::milliseconds{5};
    rig.start();
    rig.drop("short.csv.gz", whole.substr(0, 40));
    REQUIRE(rig.run_until_empty());
    CHECK(fs::exists(rig.path("aside/short.csv.gz")));
    CHECK_THAT(read_text(rig.path("aside/short.csv.gz.reason.txt")),
               Catch::Contains("ends in the middle"));
}

TEST_CASE("capture: rows that cannot be understood are kept aside and captured as such",
          "[capture]") {
    DropRig rig;
    rig.drop("day.csv", test_file({sale_1, "2,B,Tea,one,3.00,2024-06-01 11:00,c-2", "3,C"}));
    rig.start();
    REQUIRE(rig.run_until_empty());
    CHECK(rig.sink.transactions.size() == 1);
    REQUIRE(rig.sink.asides.size() == 1);
    const auto& report = rig.sink.asides[0];
    CHECK(report.file_name() == "day.csv");
    CHECK(report.rows(0).line() == 3);
    CHECK(report.rows(0).reason() == "quantity is not a number");
    CHECK(report.rows(1).line() == 4);
    CHECK(read_text(rig.path("aside/day.csv.rows.csv"))
          == "No,Item,Text,Qty,Price,Time,Who\r\n2,B,Tea,one,3.00,2024-06-01 11:00,c-2\r\n3,C\r\n");
    CHECK(read_text(rig.path("aside/day.csv.reasons.txt"))
          == "line 3: quantity is not a number\nline 4: has 2 fields where the header has 7\n");
    CHECK(fs::exists(rig.path("done/day.csv")));
}

TEST_CASE("capture: a file that cannot be read goes aside whole, with the reason", "[capture]") {
    DropRig rig;
    rig.drop("photo.csv", BytesView{"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16});
    rig.drop("rows\xfa.csv", test_file({"1,2", "3,4"}));
    rig.drop(".hidden", "x");
    fs::remove(rig.path(".hidden"));
    rig.start();
    REQUIRE(rig.run_until_empty());
    CHECK(rig.file_drop->figures().files_set_aside == 2);
    CHECK(fs::exists(rig.path("aside/photo.csv")));
    CHECK_THAT(read_text(rig.path("aside/photo.csv.reason.txt")),
               Catch::Contains("no column is called"));
    CHECK(fs::exists(rig.path("aside/rows\xfa.csv")));
    CHECK(rig.sink.asides.back().file_name() == "rows\xef\xbf\xbd.csv");
    CHECK(rig.sink.asides.size() == 3);
    CHECK(rig.sink.transactions.empty());
}

TEST_CASE("capture: what the sink refuses for good is set aside, without its words", "[capture]") {
    DropRig rig;
    rig.sink.fail = [](const FakeSink& sink) {
        return sink.calls == 1 ? std::optional{Errc::malformed} : std::nullopt;
    };
    rig.drop("day.csv", test_file({sale_1, sale_2}));
    rig.start();
    REQUIRE(rig.run_until_empty());
    CHECK(rig.sink.transactions.size() == 1);
    CHECK(rig.sink.asides.at(0).rows(0).reason() == "refused as malformed at lines[0].sku");
}

TEST_CASE("capture: files in done go when their time is over", "[capture]") {
    DropRig rig;
    rig.options.keep_done = std::chrono::milliseconds{-2000};  // All that is there is too old.
    rig.drop("day.csv", test_file({sale_1}));
    rig.start();
    REQUIRE(rig.run_until_empty());
    CHECK(rig.run_until([&] { return rig.file_drop->figures().files == 1; }));
    CHECK_FALSE(fs::exists(rig.path("done/day.csv")));
}

TEST_CASE("capture: no file of the drop's own names a customer", "[capture]") {
    DropRig rig;
    rig.drop("day.csv", test_file({"1,A,Mug,1,1,2024-06-01 10:00,very-secret-customer"}));
    rig.start();
    REQUIRE(rig.run_until_empty());
    rig.stop();
    for (const auto& entry : fs::recursive_directory_iterator{rig.options.folder.parent_path()})
        if (entry.is_regular_file() && entry.path().parent_path().filename() != "done")
            CHECK_THAT(read_text(entry.path()), !Catch::Contains("very-secret"));
}
