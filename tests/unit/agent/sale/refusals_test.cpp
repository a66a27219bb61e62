#include "tests/unit/agent/sale/shop.hpp"

using namespace till;

namespace {

struct Refusal {
    const char* command;
    const char* field;
    const char* allowed;  ///< Part of it.
};

const Refusal refusals[] = {
    {R"()", "lines", "at least one"},
    {R"(lines { sku: "A" unit_price: "1" quantity: "0" })", "lines[0].quantity", "greater than 0"},
    {R"(lines { sku: "A" unit_price: "1" } lines { sku: "A" unit_price: "1" quantity: "-2" })",
     "lines[1].quantity", "LINE_KIND_RETURN"},
    {R"(lines { sku: "A" unit_price: "1" quantity: "2,5" })", "lines[0].quantity", "digits"},
    {R"(lines { sku: "A" unit_price: "-1" })", "lines[0].unit_price", "0 or more"},
    {R"(lines { sku: "A" })", "lines[0].unit_price", "e.g."},
    {R"(lines { sku: "A" unit_price: "9223372036854775807" })", "lines[0].unit_price", ""},
    {R"(lines { unit_price: "1" })", "lines[0].sku", "a gtin"},
    {R"(lines { gtin: "5000112637923" unit_price: "1" })", "lines[0].gtin", "check digit"},
    {R"(lines { sku: "A" unit_price: "1" expiry: "2026-02-30" })", "lines[0].expiry", "YYYY"},
    {R"(lines { sku: "A" unit_price: "1" tax_code: "Q" })", "lines[0].tax_code", "S, Z, US"},
    {R"(lines { sku: "A" unit_price: "1" tax_rate: "5" })", "lines[0].tax_rate", "tax_code"},
    {R"(lines { sku: "A" unit_price: "1" original { line: 1 } })", "lines[0].original", "RETURN"},
    {R"(lines { sku: "A" unit_price: "1" discounts { amount: "2" } })", "lines[0].discounts",
     "1.00"},
    {R"(lines { sku: "A" unit_price: "1" discounts { percent: "101" } })",
     "lines[0].discounts[0].percent", "0 to 100"},
    {R"(lines { sku: "A" unit_price: "1" discounts { percent: "1" amount: "1" } })",
     "lines[0].discounts[0].amount", "exactly one"},
    {R"(lines { sku: "A" unit_price: "1" } discounts { amount: "1.001" })", "discounts[0].amount",
     "2 decimals"},
    {R"(lines { sku: "A" unit_price: "1" })", "tenders", "1.00 more"},
    {R"(lines { sku: "A" unit_price: "1" } tenders { type: TENDER_TYPE_CARD amount: "2" })",
     "tenders", "no more"},
    {R"(lines { sku: "A" unit_price: "1" } tenders { amount: "1" })", "tenders[0].type", "CASH"},
    {R"(lines { sku: "A" unit_price: "1" } tenders { type: TENDER_TYPE_CARD amount: "1"
        card_last4: "42424" })",
     "tenders[0].card_last4", "4 digits"},
    {R"(lines { sku: "A" unit_price: "1" kind: LINE_KIND_RETURN }
        tenders { type: TENDER_TYPE_CASH amount: "1" })",
     "tenders[0].amount", "-1.00 in all"},
    {R"(lines { sku: "A" unit_price: "1" } status: TRANSACTION_STATUS_SUSPENDED
        tenders { type: TENDER_TYPE_CASH amount: "1" })",
     "tenders", "reversed"},
    {R"(lines { sku: "A" unit_price: "1" } tenders { type: TENDER_TYPE_CASH amount: "1" }
        total: "1.01")",
     "total", "1.00"},
    {R"(lines { sku: "A" unit_price: "1" } tenders { type: TENDER_TYPE_CASH amount: "1" }
        cash_rounding: "0.01")",
     "cash_rounding", "0.00"},
    {R"(lines { sku: "A" unit_price: "1" } currency: "EUR")", "currency", "GBP"},
    {R"(lines { sku: "A" unit_price: "1" } begin_time: "yesterday")", "begin_time", "RFC 3339"},
    {R"(lines { sku: "A" unit_price: "1" } begin_time: "2026-01-02T00:00:00Z"
        end_time: "2026-01-01T00:00:00Z")",
     "end_time", "later"},
};

}  // namespace

TEST_CASE("sale: a refusal names the field and what is allowed", "[sale]") {
    for (const Refusal& refusal : refusals) {
        CAPTURE(refusal.command);
        const auto sale = build(refusal.command);
        REQUIRE_FALSE(sale);
        CHECK(sale.error().field == refusal.field);
        CHECK_THAT(sale.error().allowed, Catch::Contains(refusal.allowed));
        CHECK_FALSE(sale.error().detail.empty());
    }
}

TEST_CASE("sale: a role's limits hold for discounts, refunds and returns without a receipt",
          "[sale]") {
    const SaleLimits limits{
        .unreferenced_return_max = 500, .refund_max = 800, .discount_percent_max = Decimal{10, 0}};
    const auto refused = [&](const char* text) {
        const auto sale = build(text, pounds(), limits);
        return sale ? std::string{} : sale.error().field;
    };
    CHECK(refused(R"(lines { sku: "A" unit_price: "10" discounts { percent: "11" } }
        tenders { type: TENDER_TYPE_CARD amount: "8.90" })")
          == "lines[0].discounts");
    CHECK(refused(R"(lines { sku: "A" unit_price: "10" discounts { percent: "10" } }
        tenders { type: TENDER_TYPE_CARD amount: "9" })")
          == "");
    CHECK(refused(R"(lines { sku: "A" unit_price: "5.01" kind: LINE_KIND_RETURN }
        tenders { type: TENDER_TYPE_CASH amount: "-5.01" })")
          == "lines");
    CHECK(refused(R"(lines { sku: "A" unit_price: "9" kind: LINE_KIND_RETURN
        original { transaction: "12-3-1-000001" line: 1 } }
        tenders { type: TENDER_TYPE_CASH amount: "-9" })")
          == "tenders");
}
