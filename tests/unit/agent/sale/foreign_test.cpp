#include "tests/unit/agent/sale/shop.hpp"

using namespace till;

namespace {
const std::string source = R"(source { system: "uci" number: "536365" })";
}

TEST_CASE("sale: what a till of ours is refused, a foreign POS's sale keeps as doubts", "[sale]") {
    const auto sale = build(source + R"(
        lines { sku: "85123A" quantity: "0" unit_price: "2.55" }
        lines { sku: "B" quantity: "1" unit_price: "-11062.06" }
        lines { gtin: "5000112637923" unit_price: "1.004" tax_code: "Q" }
        lines { description: "nothing but words" quantity: "-3" unit_price: "1" }
        tenders { type: TENDER_TYPE_CARD amount: "1.005" card_last4: "4111111111111111" })");
    REQUIRE(sale);
    CHECK(sale->lines(0).quantity().mantissa() == 0);
    CHECK(sale->lines(1).amount() == -1106206);
    CHECK(sale->lines(2).item().sku() == "5000112637923");
    CHECK(sale->lines(3).amount() == -300);
    CHECK(sale->tenders(0).card_last4().empty());
    std::vector<std::string> fields;
    for (const v1::Doubt& doubt : sale->source().doubts()) fields.push_back(doubt.field());
    CHECK(fields
          == std::vector<std::string>{"lines[0].quantity", "lines[1].unit_price", "lines[2].gtin",
                                      "lines[2].tax_code", "lines[3].quantity",
                                      "tenders[0].card_last4", "tenders[0].amount",
                                      "tenders[0].amount", "tenders"});
}

TEST_CASE("sale: a foreign POS's stated totals and taxes stay as it wrote them", "[sale]") {
    const auto sale = build(R"(source { system: "x" number: "1"
            stated { gross: "10.01" tax: "1,67" other { key: "Rabatt" value: "-0.50" } } }
        lines { sku: "A" unit_price: "10.00" tax_rate: "20" tax_amount: "1.70" })");
    REQUIRE(sale);
    CHECK(sale->totals().gross() == 1000);
    CHECK(sale->lines(0).tax().amount() == 170);
    CHECK(sale->source().stated().tax() == "1,67");
    CHECK(sale->source().stated().other().at("Rabatt") == "-0.50");
    REQUIRE(sale->source().doubts_size() == 2);
    CHECK(sale->source().doubts(0).field() == "source.stated.gross");
}

TEST_CASE("sale: a clean foreign sale has no doubts and no tax we made up", "[sale]") {
    const auto sale = build(R"(source { system: "uci" number: "C536379" }
        lines { sku: "D" kind: LINE_KIND_RETURN quantity: "1" unit_price: "27.50" }
        lines { sku: "E" kind: LINE_KIND_RETURN quantity: "-2" unit_price: "1.25" }
        begin_time: "2010-12-01T09:41:00Z")");
    REQUIRE(sale);
    CHECK(sale->source().doubts().empty());
    CHECK(sale->totals().gross() == -3000);
    CHECK(sale->totals().tax() == 0);
    CHECK_FALSE(sale->lines(0).has_tax());
    CHECK(sale->end_ms() == 1291196460000);
    CHECK(sale->begin_ms() == sale->end_ms());
}

TEST_CASE("sale: from a foreign POS, too, what is no number is refused", "[sale]") {
    const auto sale = build(source + R"(lines { sku: "A" quantity: "many" unit_price: "1" })");
    REQUIRE_FALSE(sale);
    CHECK(sale.error().field == "lines[0].quantity");
    CHECK(build(R"(source { system: "x" } lines { sku: "A" })").error().field == "source.number");
}
