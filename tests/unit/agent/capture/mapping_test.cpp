#include "agent/capture/mapping.hpp"

#include <catch2/catch.hpp>

using namespace till;

namespace {

const std::string good = R"(system = "pos-1"
[file]
delimiter = ";"
[columns]
number = "No"
time = "#2"
unit_price = "Price"
[values]
time_formats = ["%d.%m.%Y"]
)";

struct Bad {
    const char *added, *field;
    int line;
};

}  // namespace

TEST_CASE("capture: the mappings that come with the program are correct", "[capture]") {
    for (const char* name : {"uci-online-retail", "taiwan-pos"}) {
        const auto mapping = parse_csv_mapping(*bundled_mapping(name));
        INFO((mapping ? "" : mapping.error().detail));
        CHECK(mapping);
    }
    CHECK(bundled_mapping("nobody's").error().allowed == "poslog, taiwan-pos, uci-online-retail");
}

TEST_CASE("capture: a mapping means what it says", "[capture]") {
    const auto mapping = parse_csv_mapping(good + "[tenders]\n\"BAR\" = \"cash\"\n[[item]]\n"
                                              "codes = [\"PF*\"]\nclass = \"deposit\"\n");
    REQUIRE(mapping);
    CHECK(mapping->system == "pos-1");
    CHECK(mapping->csv.delimiter == ';');
    CHECK(mapping->column(Column::number) == "No");
    CHECK_FALSE(mapping->has(Column::customer));
    CHECK(mapping->tenders.at("BAR") == tillstream::v1::TENDER_TYPE_CASH);
    CHECK(mapping->items.at(0).item_class == tillstream::v1::ITEM_CLASS_DEPOSIT);
}

TEST_CASE("capture: a wrong mapping is refused with line, key and what is allowed", "[capture]") {
    const auto bad =
        GENERATE(values<Bad>({{"[returns]\nnumber = \"C*\"\n", "returns.number", 11},
                              {"decimal_mark = \",,\"\n", "values.decimal_mark", 10},
                              {"time_zone = \"Moon\"\n", "values.time_zone", 10},
                              {"default_tender = \"gold\"\n", "values.default_tender", 10},
                              {"thousands_mark = \".\"\n", "values.thousands_mark", 10},
                              {"channel = 3\n", "values.channel", 10},
                              {"[[item]]\nclass = \"meat\"\n", "item.class", 11},
                              {"[tenders]\nBAR = \"cach\"\n", "tenders.BAR", 11},
                              {"[extra]\n", "extra", 10}}));
    const auto mapping = parse_csv_mapping(good + bad.added);
    CAPTURE(bad.field);
    REQUIRE_FALSE(mapping);
    CHECK(mapping.error().field == bad.field);
    CHECK_THAT(mapping.error().detail, Catch::StartsWith("line " + std::to_string(bad.line) + ":"));
}

TEST_CASE("capture: a mapping without what it needs says what is missing", "[capture]") {
    CHECK(parse_csv_mapping("system = \"x\"\n").error().field == "columns");
    CHECK(parse_csv_mapping("system = \"X y\"\n").error().field == "system");
    CHECK(parse_csv_mapping("system = \"x\"\n[columns]\n[values]\n").error().field
          == "columns.number");
    CHECK_THAT(parse_csv_mapping("system = \n").error().detail, Catch::StartsWith("line 1:"));
}

TEST_CASE("capture: columns are found by name or position, and only once", "[capture]") {
    const auto mapping = *parse_csv_mapping(good);
    CHECK((*locate_columns(mapping, {"Price", " No "}))[std::size_t(Column::number)] == 1);
    CHECK((*locate_columns(mapping, {"Price", "No"}))[std::size_t(Column::time)] == 1);
    CHECK_THAT(locate_columns(mapping, {"No", "x"}).error().detail, Catch::Contains("\"Price\""));
    CHECK_THAT(locate_columns(mapping, {"No", "No", "Price"}).error().detail,
               Catch::Contains("two columns"));
    CHECK_THAT(locate_columns(mapping, {"No"}).error().detail, Catch::Contains("#2"));
}
