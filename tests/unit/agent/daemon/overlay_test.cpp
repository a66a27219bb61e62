#include "agent/daemon/master_overlay.hpp"

#include <catch2/catch.hpp>

using namespace till;

namespace {

WorkstationSettings own() {
    return {.store = "12",
            .workstation = "3",
            .drawer = "A",
            .sale = {.currency = *Currency::parse("GBP"),
                     .taxes = {{"S", Decimal{20, 0}, true}},
                     .default_tax = "S"},
            .limits = {},
            .time_zone = "Europe/London",
            .cut_over = std::chrono::hours{4},
            .identifiers = {.default_country = "GB", .loyalty_prefixes = {}},
            .sealing_key = {}};
}

}  // namespace

TEST_CASE("daemon: what a store's record leaves empty stays as the settings file says",
          "[daemon]") {
    tillstream::v1::MasterData lists;
    CHECK(overlaid(own(), lists).drawer == "A");
    lists.set_version(1);
    const auto same = overlaid(own(), lists);
    CHECK(same.sale.taxes.size() == 1);
    CHECK(same.sale.default_tax == "S");
    CHECK(same.time_zone == "Europe/London");
    CHECK(same.cut_over == std::chrono::hours{4});
}

TEST_CASE("daemon: a store's record, taxes and drawer take the place of the file's", "[daemon]") {
    tillstream::v1::MasterData lists;
    lists.set_version(1);
    auto& store = *lists.mutable_store();
    store.set_currency("TWD");
    store.set_cash_step("5");
    store.set_time_zone("Asia/Taipei");
    store.set_cut_over("05:30");
    store.set_country("TW");
    store.set_default_tax_code("-");
    store.set_tax_rounding("receipt");
    lists.mutable_workstation()->set_drawer("D-9");
    auto& rule = *lists.add_tax_rules();
    rule.set_code("A");
    rule.set_rate("5");
    rule.set_on_top(true);
    const auto changed = overlaid(own(), lists);
    CHECK(changed.sale.currency == *Currency::parse("TWD"));
    CHECK(changed.sale.cash_step == 5);
    CHECK(changed.time_zone == "Asia/Taipei");
    CHECK(changed.cut_over == std::chrono::minutes{330});
    CHECK(changed.identifiers.default_country == "TW");
    CHECK(changed.sale.default_tax.empty());
    CHECK(changed.sale.tax_rounding == TaxRounding::receipt);
    CHECK(changed.drawer == "D-9");
    REQUIRE(changed.sale.taxes.size() == 1);
    CHECK(changed.sale.taxes[0].code == "A");
    CHECK_FALSE(changed.sale.taxes[0].included);
    store.set_currency_decimals("2");
    CHECK(overlaid(own(), lists).sale.currency.decimals() == 2);
}

TEST_CASE("daemon: what this device cannot follow is left as it was", "[daemon]") {
    tillstream::v1::MasterData lists;
    lists.set_version(1);
    auto& store = *lists.mutable_store();
    store.set_currency("no");
    store.set_cash_step("0.001");
    store.set_time_zone("Mars/Olympus");
    store.set_cut_over("25:00");
    lists.add_tax_rules()->set_rate("a lot");
    const auto kept = overlaid(own(), lists);
    CHECK(kept.sale.currency == *Currency::parse("GBP"));
    CHECK(kept.sale.cash_step == 1);
    CHECK(kept.time_zone == "Europe/London");
    CHECK(kept.cut_over == std::chrono::hours{4});
}
