#include "agent/capture/invoice.hpp"

#include "support.hpp"

#include <catch2/catch.hpp>

using namespace till;
namespace v1 = tillstream::v1;

namespace {

/// The rows "No,Item,…" as test_file has them, mapped together.
Invoice map(const std::vector<std::string>& rows, const CsvMapping& mapping = test_mapping(),
            std::vector<std::string_view> header = {"No", "Item", "Text", "Qty", "Price", "Time",
                                                    "Who"}) {
    std::vector<SourceRow> source;
    for (const auto& row : rows) source.push_back({source.size() + 2, row});
    return InvoiceMapper{mapping, *locate_columns(mapping, header)}.map(source);
}

const std::string toml_begin = R"(system = "till"
[file]
delimiter = ";"
[columns]
number = "No"
time = "Day"
time_of_day = "Hour"
quantity = "Qty"
)";
const std::string toml_values = R"(
[values]
decimal_mark = ","
time_formats = ["%N/%m/%d %H:%M"]
time_zone = "Asia/Taipei"
currency = "TWD"
)";

}  // namespace

TEST_CASE("capture: a sale is mapped field by field", "[capture]") {
    const Invoice invoice =
        map({"9,A1,Mug,6,2.955,2024-06-01 10:05,c-7", "9,A2,Tea,1,3.50,2024-06-01 10:04,"});
    REQUIRE(invoice.transaction);
    const auto& sale = *invoice.transaction;
    CHECK(sale.lines(0).sku() == "A1");
    CHECK(sale.lines(0).quantity() == "6");
    CHECK(sale.lines(0).unit_price() == "2.955");
    CHECK(sale.lines(1).unit_price() == "3.50");
    CHECK(sale.begin_time() == "2024-06-01T10:04:00+00:00");
    CHECK(sale.end_time() == "2024-06-01T10:05:00+00:00");
    CHECK(sale.source().system() == "test");
    CHECK(sale.source().number() == "9");
    CHECK(sale.source().business_day() == "2024-06-01");
    CHECK(sale.customer().identifiers(0).value() == "c-7");
    CHECK(sale.tenders(0).amount() == "21.23");
    CHECK(invoice.transaction_rows == std::vector<std::uint64_t>{2, 3});
}

TEST_CASE("capture: returns, and negative lines that are none", "[capture]") {
    const Invoice back = map({"R9,A1,Mug,-2,1.50,2024-06-01 10:05,c-7"});
    CHECK(back.transaction->lines(0).kind() == v1::LINE_KIND_RETURN);
    CHECK(back.transaction->lines(0).quantity() == "2");
    CHECK(back.transaction->tenders(0).amount() == "-3.00");
    const Invoice mixed =
        map({"9,A1,Mug,2,1,2024-06-01 10:05,", "9,A1,broken,-1,0,2024-06-01 10:05,"});
    CHECK(mixed.transaction->lines_size() == 1);
    CHECK(mixed.adjustment->lines(0).quantity() == "-1");
    CHECK(mixed.adjustment->lines(0).reason() == "broken");
    CHECK(mixed.adjustment_rows == std::vector<std::uint64_t>{3});
    CHECK(mixed.transaction_key != mixed.adjustment_key);
    const Invoice silent = map({"9,A1,,-1,0,2024-06-01 10:05,"});
    CHECK_FALSE(silent.transaction);
    CHECK(silent.adjustment->reason() == "not stated by the source");
}

TEST_CASE("capture: what cannot be read is a fault that quotes nothing", "[capture]") {
    const Invoice invoice =
        map({"9,A1,Mug,many,1,2024-06-01 10:05,", "9,A1,Mug,1,0912345678x,2024-06-01 10:05,",
             "9,A1,Mug,1,1,yesterday,", "9,A1,Mug,1,,2024-06-01 10:05,"});
    CHECK_FALSE(invoice.transaction);
    REQUIRE(invoice.faults.size() == 4);
    CHECK(invoice.faults[0].reason == "quantity is not a number");
    CHECK(invoice.faults[1].reason == "unit_price is not a number");
    CHECK(invoice.faults[2].reason == "time fits no pattern of time_formats");
    CHECK(invoice.faults[3].reason == "unit_price is empty");
}

TEST_CASE("capture: odd sales are kept as they are", "[capture]") {
    const Invoice invoice =
        map({"9,B,Adjust,1,-11062.06,2024-06-01 10:05,", "9,A1,Mug,1,0,2024-06-01 10:05,",
             "9,A1,Mug,1,0,2024-06-01 10:05,", "9,A1,Mug,0,1,2024-06-01 10:05,"});
    REQUIRE(invoice.transaction->lines_size() == 4);
    CHECK(invoice.transaction->lines(0).unit_price() == "-11062.06");
    CHECK(invoice.transaction->lines(3).quantity() == "0");
    CHECK(invoice.transaction->tenders(0).amount() == "-11062.06");
}

TEST_CASE("capture: the key holds number and content, not order, file or other columns",
          "[capture]") {
    const std::string a = "9,A1,Mug,1,1,2024-06-01 10:05,", b = "9,A2,Tea,1,1,2024-06-01 10:05,";
    const std::string key = map({a, b}).transaction_key;
    CHECK(map({b, a}).transaction_key == key);
    CHECK(map({a + ",x", b + ",y"}).transaction_key == key);
    CHECK(map({a, b, b}).transaction_key != key);
    CHECK(map({a, "9,A2,Tea,1,2,2024-06-01 10:05,"}).transaction_key != key);
    CHECK(map({std::string(300, '9') + ",A1,,1,1,2024-06-01 10:05,"}).transaction_key.size()
          <= 128);
}

TEST_CASE("capture: neither key nor memory holds a customer's phone number", "[capture]") {
    auto mapping = test_mapping();
    const std::string row = "9,A1,Mug,1,1,2024-06-01 10:05,";
    const Invoice numbered = map({row + "c-7"});
    CHECK(numbered.customer == "c-7");
    CHECK_FALSE(mapping.reads_personal_data());
    mapping.customer_type = v1::IDENTIFIER_TYPE_PHONE;
    const Invoice phoned = map({row + "0912345678"}, mapping);
    CHECK(phoned.transaction->customer().identifiers(0).value() == "0912345678");
    CHECK(phoned.customer.empty());
    CHECK(phoned.transaction_key == map({row + "0912345679"}, mapping).transaction_key);
    CHECK(phoned.transaction_key == numbered.transaction_key);
    CHECK(mapping.reads_personal_data());
}

TEST_CASE("capture: tenders, totals and identifiers in another country's style", "[capture]") {
    const auto mapping = parse_csv_mapping(toml_begin + R"(unit_price = "Price"
tender = "Paid"
tender_amount = "Sum"
total = "Total"
phone = "Tel"
)" + toml_values + "[tenders]\n\"現金\" = \"cash\"\n");
    INFO((mapping ? "" : mapping.error().detail));
    REQUIRE(mapping);
    const Invoice invoice =
        map({"1;113/06/01;10:05;2;10,5;現金;20;21;0912", "1;113/06/01;10:05;1;0;紅利;1;21;"},
            *mapping, {"No", "Day", "Hour", "Qty", "Price", "Paid", "Sum", "Total", "Tel"});
    REQUIRE(invoice.transaction);
    const auto& sale = *invoice.transaction;
    CHECK(sale.begin_time() == "2024-06-01T10:05:00+08:00");
    CHECK(sale.tenders(0).type() == v1::TENDER_TYPE_CASH);
    CHECK(sale.tenders(0).amount() == "20");
    CHECK(sale.tenders(1).type() == v1::TENDER_TYPE_OTHER);
    CHECK(sale.tenders(1).reference() == "紅利");
    CHECK(sale.source().stated().gross() == "21");
    CHECK(sale.customer().identifiers(0).type() == v1::IDENTIFIER_TYPE_PHONE);
}

TEST_CASE("capture: a line's amount gives price, discount or a stated difference", "[capture]") {
    const auto implied = parse_csv_mapping(toml_begin + "amount = \"Sum\"\n" + toml_values);
    const std::vector<std::string_view> narrow = {"No", "Day", "Hour", "Qty", "Sum"};
    CHECK(map({"1;113/06/01;10:05;3;10"}, *implied, narrow).transaction->lines(0).unit_price()
          == "3.333333333");
    CHECK(map({"1;113/06/01;10:05;-4;-10"}, *implied, narrow).adjustment->lines(0).unit_value()
          == "2.5");
    CHECK(map({"1;113/06/01;10:05;0;10"}, *implied, narrow).faults.size() == 1);
    const auto both =
        parse_csv_mapping(toml_begin + "unit_price = \"Price\"\namount = \"Sum\"\n" + toml_values);
    const std::vector<std::string_view> wide = {"No", "Day", "Hour", "Qty", "Price", "Sum"};
    const Invoice cheaper = map({"1;113/06/01;10:05;3;10;25"}, *both, wide);
    CHECK(cheaper.transaction->lines(0).discounts(0).amount() == "5");
    CHECK(cheaper.transaction->tenders(0).amount() == "25");
    const Invoice dearer = map({"1;113/06/01;10:05;3;10;31"}, *both, wide);
    CHECK(dearer.transaction->lines(0).discounts_size() == 0);
    CHECK(dearer.transaction->source().stated().other().at("lines[0].amount") == "31");
}
