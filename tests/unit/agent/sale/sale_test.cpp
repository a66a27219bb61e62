#include "agent/sale/reversal.hpp"
#include "agent/sale/share.hpp"
#include "tests/unit/agent/sale/shop.hpp"

using namespace till;

TEST_CASE("sale: a cash sale gives change and takes the tax out of the price", "[sale]") {
    const auto sale = build(R"(
        lines { gtin: "5000112637922" quantity: "3" unit_price: "1.985" tax_code: "S" }
        lines { sku: "BAG" unit_price: "0.10" tax_code: "Z" }
        tenders { type: TENDER_TYPE_CASH amount: "10.00" } total: "6.06")");
    REQUIRE(sale);
    CHECK(sale->lines(0).extended_amount() == 596);  // 5.955, rounded once.
    CHECK(sale->lines(0).item().gtin() == 5000112637922);
    CHECK(sale->lines(0).tax().amount() == 99);  // 5.96 / 6
    CHECK(sale->totals().gross() == 606);
    CHECK(sale->totals().net() == 507);
    CHECK(sale->totals().change() == 394);
    CHECK(sale->tenders(0).applied() == 606);
    CHECK(sale->taxes_size() == 2);
}

TEST_CASE("sale: tax on top of the price is part of what is owed", "[sale]") {
    const auto sale = build(R"(
        lines { sku: "A" unit_price: "19.99" tax_code: "US" }
        tenders { type: TENDER_TYPE_CARD amount: "21.76" card_last4: "4242" })");
    REQUIRE(sale);
    CHECK(sale->totals().gross() == 2176);  // 19.99 + 1.774…
    CHECK(sale->totals().net() == 1999);
}

TEST_CASE("sale: a transaction discount is shared out to the penny", "[sale]") {
    const auto sale = build(R"(
        lines { sku: "A" unit_price: "1.00" } lines { sku: "B" unit_price: "1.00" }
        lines { sku: "C" unit_price: "1.00" } lines { sku: "V" unit_price: "9.00" voided: true }
        lines { sku: "G" unit_price: "5.00" item_class: ITEM_CLASS_GIFT_CARD }
        discounts { amount: "1.00" reason: "member" }
        tenders { type: TENDER_TYPE_CARD amount: "7.00" })");
    REQUIRE(sale);
    CHECK(sale->lines(0).amount() == 66);
    CHECK(sale->lines(1).amount() == 67);
    CHECK(sale->lines(2).amount() == 67);
    CHECK(sale->lines(3).amount() == 900);  // Shown, counted nowhere.
    CHECK(sale->lines(4).amount() == 500);
    CHECK(sale->totals().gross() == 700);
    CHECK(sale->totals().discount() == 100);
}

TEST_CASE("sale: cash is settled in the store's step, as a line of its own", "[sale]") {
    SaleRules swiss = pounds();
    swiss.currency = *Currency::parse("CHF");
    swiss.cash_step = 5;
    const auto sale = build(R"(lines { sku: "A" unit_price: "9.98" }
        tenders { type: TENDER_TYPE_CARD amount: "5.00" }
        tenders { type: TENDER_TYPE_CASH amount: "20.00" } cash_rounding: "0.02")",
                            swiss);
    REQUIRE(sale);
    CHECK(sale->cash_rounding() == 2);
    CHECK(sale->totals().gross() == 1000);
    CHECK(sale->totals().net() + sale->totals().tax() == 998);
    CHECK(sale->totals().change() == 1500);
    const auto card = build(R"(lines { sku: "A" unit_price: "9.98" }
        tenders { type: TENDER_TYPE_CARD amount: "9.98" })",
                            swiss);
    REQUIRE(card);
    CHECK(card->cash_rounding() == 0);
}

TEST_CASE("sale: tenders that did not pay are kept and do not count", "[sale]") {
    const auto sale = build(R"(lines { sku: "A" unit_price: "5.00" }
        tenders { type: TENDER_TYPE_CARD amount: "5.00" state: TENDER_STATE_DECLINED }
        tenders { type: TENDER_TYPE_CASH amount: "7.00" foreign_currency: "EUR"
                  foreign_amount: "8.00" foreign_rate: "0.875" })");
    REQUIRE(sale);
    CHECK(sale->tenders(0).applied() == 0);
    CHECK(sale->tenders(1).foreign().amount() == 800);
    CHECK(sale->totals().tendered() == 700);
    CHECK(sale->totals().change() == 200);
}

TEST_CASE("sale: largest remainders go to the largest, equal ones to the first", "[sale]") {
    const std::int64_t weights[] = {1, 1, 1}, uneven[] = {100, 250, 3, 0};
    CHECK(share_out(100, weights) == std::vector<std::int64_t>{34, 33, 33});
    CHECK(share_out(-100, weights) == std::vector<std::int64_t>{-34, -33, -33});
    CHECK(share_out(10, uneven) == std::vector<std::int64_t>{3, 7, 0, 0});
}

TEST_CASE("sale: a post-void added to its sale leaves nothing", "[sale]") {
    const auto sale = build(R"(lines { sku: "A" quantity: "2" unit_price: "3.33" }
        lines { sku: "B" kind: LINE_KIND_RETURN unit_price: "1.00" }
        discounts { percent: "10" } tenders { type: TENDER_TYPE_CASH amount: "20" })");
    REQUIRE(sale);
    const v1::RetailTransaction back = reversal_of(*sale, 5);
    CHECK(back.totals().gross() == -sale->totals().gross());
    CHECK(back.lines(0).quantity().mantissa() == -2);
    CHECK(back.tenders(0).applied() == -sale->tenders(0).applied());
    CHECK(reversal_of(back, sale->end_ms()).SerializeAsString() == sale->SerializeAsString());
}
