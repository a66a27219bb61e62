#include "tests/unit/agent/sale/shop.hpp"

#include <random>

using namespace till;

namespace {

/// A basket with everything in it, payable by a foreign source so that no tender is needed.
v1::RecordTransaction random_basket(std::mt19937_64& random, bool returns_too) {
    const auto below = [&](std::uint64_t n) { return random() % n; };
    v1::RecordTransaction basket;
    const char* codes[] = {"S", "Z", "US"};
    for (std::uint64_t i = 0, n = 1 + below(12); i < n; ++i) {
        v1::CommandLine& line = *basket.add_lines();
        line.set_sku("A");
        line.set_kind(returns_too && below(4) == 0 ? v1::LINE_KIND_RETURN : v1::LINE_KIND_SALE);
        line.set_quantity(Decimal{static_cast<std::int64_t>(1 + below(5000)), 3}.text());
        line.set_unit_price(Decimal{static_cast<std::int64_t>(below(100000)), 3}.text());
        line.set_tax_code(codes[below(3)]);
        line.set_voided(below(10) == 0);
        if (below(3) == 0) line.add_discounts()->set_percent(std::to_string(below(101)));
    }
    if (below(2) == 0) basket.add_discounts()->set_percent(std::to_string(below(101)));
    basket.mutable_source()->set_system("x");
    basket.mutable_source()->set_number("1");
    return basket;
}

struct Sums {
    std::int64_t lines = 0, on_top = 0, tax = 0, discount = 0;
};

Sums sums_of(const v1::RetailTransaction& sale) {
    Sums sums;
    for (const v1::Line& line : sale.lines()) {
        if (line.voided()) continue;
        sums.lines += line.amount();
        sums.tax += line.tax().amount();
        if (!line.tax().included()) sums.on_top += line.tax().amount();
        sums.discount += line.extended_amount() - line.amount();
    }
    return sums;
}

}  // namespace

TEST_CASE("sale: lines, taxes on top and rounding are the total, in every rounding mode",
          "[sale]") {
    std::mt19937_64 random{42};
    for (int i = 0; i < 3000; ++i) {
        SaleRules rules = pounds();
        rules.tax_rounding = static_cast<TaxRounding>(i % 3);
        const auto sale = build_transaction(random_basket(random, true), rules, {}, WallTime{0});
        CAPTURE(i);
        REQUIRE(sale);
        const Sums sums = sums_of(*sale);
        const v1::Totals& totals = sale->totals();
        CHECK(sums.lines + sums.on_top + sale->cash_rounding() == totals.gross());
        CHECK(totals.net() + totals.tax() + sale->cash_rounding() == totals.gross());
        CHECK(sums.tax == totals.tax());
        CHECK(sums.discount == totals.discount());
        std::int64_t by_rate = 0;
        for (const v1::Tax& tax : sale->taxes()) by_rate += tax.amount();
        CHECK(by_rate == totals.tax());
    }
}

TEST_CASE("sale: by rate, a rate's tax is its rounded sum and no line is off by a whole unit",
          "[sale]") {
    std::mt19937_64 random{7};
    SaleRules rules = pounds();
    rules.tax_rounding = TaxRounding::rate;
    for (int i = 0; i < 1000; ++i) {
        const auto sale = build_transaction(random_basket(random, false), rules, {}, WallTime{0});
        REQUIRE(sale);
        for (const v1::Tax& tax : sale->taxes())
            if (tax.code() == "S") CHECK(tax.amount() == *scale_rounded(tax.taxable(), 20, 120));
        for (const v1::Line& line : sale->lines())
            if (line.tax_code() == "S" && line.has_tax())
                CHECK(std::abs(line.tax().amount() * 120 - line.amount() * 20) < 120);
    }
}

TEST_CASE("sale: a return mirrors the sale exactly, discounts and taxes included", "[sale]") {
    std::mt19937_64 random{1};
    for (int i = 0; i < 1000; ++i) {
        SaleRules rules = pounds();
        rules.tax_rounding = static_cast<TaxRounding>(i % 3);
        v1::RecordTransaction basket = random_basket(random, false);
        const auto sale = build_transaction(basket, rules, {}, WallTime{0});
        for (auto& line : *basket.mutable_lines()) line.set_kind(v1::LINE_KIND_RETURN);
        const auto back = build_transaction(basket, rules, {}, WallTime{0});
        CAPTURE(i);
        REQUIRE((sale && back));
        CHECK(back->totals().gross() == -sale->totals().gross());
        CHECK(back->totals().tax() == -sale->totals().tax());
        for (int n = 0; n < sale->lines_size(); ++n) {
            CHECK(back->lines(n).amount() == -sale->lines(n).amount());
            CHECK(back->lines(n).tax().amount() == -sale->lines(n).tax().amount());
        }
    }
}
