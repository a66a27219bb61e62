#include "agent/tillctl/master_csv.hpp"

#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include <sstream>

using namespace till;

namespace {

Result<MasterCsv> read(std::string_view list, const std::string& text,
                       MasterCsvFormat format = {}) {
    std::istringstream file{text};
    return read_master_csv(list, file, format);
}

std::string json_of(const Result<MasterCsv>& rows) {
    if (!rows) return rows.error().detail;
    return boost::json::serialize(rows->records);
}

}  // namespace

TEST_CASE("import: rows become records in the names of the message", "[import]") {
    CHECK(
        json_of(read("products",
                     "\xef\xbb\xbfsku, name ,unit_price\r\nA,\"Tea, green\",1.50\r\nB,, 2 \n"))
        == R"([{"sku":"A","name":"Tea, green","unit_price":"1.50"},{"sku":"B","unit_price":"2"}])");
    CHECK(json_of(read("tenders", "type;refused\ncash;no\nTENDER_TYPE_GIFT_CARD;Yes\ngift card;1\n",
                       {.delimiter = ';'}))
          == R"([{"type":"TENDER_TYPE_CASH","refused":false},)"
             R"({"type":"TENDER_TYPE_GIFT_CARD","refused":true},)"
             R"({"type":"TENDER_TYPE_GIFT_CARD","refused":true}])");
    const auto spread = read("reasons", "code,use,name\na,void,\"two\nlines\"\n\nb,void,x\n");
    REQUIRE(spread);
    CHECK(spread->lines == std::vector<std::uint64_t>{2, 5});
    CHECK(json_of(read("products", "sku,unit_price\n")) == "[]");
}

TEST_CASE("import: a file that cannot be meant so is refused with every line at fault",
          "[import]") {
    struct Bad {
        const char *list, *text, *says;
    };
    for (const Bad& bad : {
             Bad{"products", "", "line 1: there is no row that names the columns"},
             Bad{"products", "sku,price\nA,1\n", "line 1: there is no column \"price\""},
             Bad{"products", "sku,sku\nA,1\n", "line 1: column \"sku\" twice"},
             Bad{"operators", "operator_id,pin_verifier\n1,x\n", "no column \"pin_verifier\""},
             Bad{"products", "sku,unit_price\nA\n", "line 2: 1 fields, but 2 columns"},
             Bad{"products", "sku,item_class\nA,car\n", "ITEM_CLASS_GIFT_CARD"},
             Bad{"operators", "operator_id,disabled\n1,perhaps\n", "disabled: \"perhaps\""},
             Bad{"products", "sku,name\nA,\xff\n",
                 "line 2: byte 0xff is not of the file's encoding"},
         }) {
        const auto rows = read(bad.list, bad.text);
        INFO(bad.text);
        REQUIRE_FALSE(rows);
        INFO(rows.error().detail);
        CHECK(rows.error().detail.find(bad.says) != std::string::npos);
    }
    std::string many = "sku,unit_price\n";
    for (int i = 0; i < 30; ++i) many += "A\n";
    CHECK(read("products", many).error().detail.find("and 10 more") != std::string::npos);
}

TEST_CASE("import: a list is named with dashes or as the message has it", "[import]") {
    CHECK(parse_master_list("tax-rules").value() == "tax_rules");
    CHECK(parse_master_list("products").value() == "products");
    CHECK(parse_master_list("whole").error().allowed.find("products") != std::string::npos);
}
