#include "agent/daemon/settings.hpp"

#include <catch2/catch.hpp>

#include <regex>

using namespace till;

namespace {

constexpr std::string_view whole = R"([store]
currency = "TWD"
cash_step = "5"
time_zone = "Asia/Taipei"
cut_over_minutes = 240
country = "TW"
drawer = "1"
default_tax_code = "A"
tax_rounding = "receipt"
loyalty_prefixes = "29, 2800"
sign_on_required = true
[[tax_rule]]
code = "A"
rate = "5"
included = true
[[limit]]
role = "pos"
refund_max = "3000"
discount_percent_max = "12.5"
[http]
port = 0
[journal]
reserve_mib = 2
[uplink]
enabled = false
max_offline_days = 30
[log]
level = "warning"
[[file_drop]]
folder = "drop"
mapping = "taiwan-pos"
)";

std::string faults(std::string_view toml) {
    const auto parsed = parse_settings(toml, "agent.toml", "/shop");
    return parsed ? std::string{} : parsed.error().detail;
}

}  // namespace

TEST_CASE("daemon: every setting arrives where it is used", "[daemon]") {
    const auto parsed = parse_settings(whole, "agent.toml", "/shop");
    REQUIRE(parsed);
    const WorkstationSettings& store = parsed->store;
    CHECK(store.sale.currency.decimals() == 0);
    CHECK(store.sale.cash_step == 5);
    CHECK(store.sale.tax_rounding == TaxRounding::receipt);
    CHECK(store.sale.taxes.at(0).rate == Decimal{5, 0});
    CHECK(store.cut_over == std::chrono::minutes{240});
    CHECK(store.identifiers.loyalty_prefixes == std::vector<std::string>{"29", "2800"});
    CHECK(store.limits.at(Role::pos).refund_max == 3000);
    CHECK(store.limits.at(Role::pos).discount_percent_max == Decimal{125, 1});
    CHECK_FALSE(store.limits.at(Role::pos).unreferenced_return_max);
    CHECK(store.sign_on_required);
    CHECK(parsed->http_port == 0);
    CHECK(parsed->journal_reserve_bytes == 2 << 20);
    CHECK_FALSE(parsed->uplink_enabled);
    CHECK(parsed->max_offline == std::chrono::days{30});
    CHECK(parsed->log_level == LogLevel::warning);
    CHECK(parsed->file_drops.at(0).folder == "/shop/drop");
}

TEST_CASE("daemon: the sample file needs only its required values to be one", "[daemon]") {
    const auto sample = agent_sample();
    CHECK(faults(sample).find("store.currency") != std::string::npos);
    const auto filled =
        std::regex_replace(sample, std::regex{"\ncurrency = \"\""}, "\ncurrency = \"GBP\"");
    CHECK(faults(filled).empty());
}

TEST_CASE("daemon: a wrong setting is named with what would do", "[daemon]") {
    const std::string store = "[store]\ncurrency = \"GBP\"\n";
    using Catch::Contains;
    CHECK_THAT(faults("[store]\ncurrency = \"pounds\"\n"), Contains("store.currency"));
    CHECK_THAT(faults(store + "cash_step = \"0.005\"\n"), Contains("store.cash_step"));
    CHECK_THAT(faults(store + "default_tax_code = \"X\"\n"), Contains("store.default_tax_code"));
    CHECK_THAT(faults(store + "currencies = 1\n"), Contains("agent.toml:3"));
    CHECK_THAT(faults(store + "[http]\nport = 70000\n"), Contains("0 to 65535"));
    CHECK_THAT(faults(store + "[[limit]]\nrole = \"pos\"\nrefund_max = \"-1\"\n"),
               Contains("limit.refund_max"));
    CHECK_THAT(faults(store + "[[file_drop]]\nfolder = \"d\"\nmapping = \"none\"\n"),
               Contains("file_drop.mapping"));
}
