#include "agent/daemon/settings.hpp"

#include "agent/api/store_calendar.hpp"
#include "agent/capture/mapping.hpp"
#include "agent/core/money.hpp"
#include "agent/daemon/settings_fault.hpp"

#include <fstream>

namespace till {

namespace {

namespace fs = std::filesystem;

LogLevel level(std::string_view text) {
    if (text == "debug") return LogLevel::debug;
    if (text == "warning") return LogLevel::warning;
    return text == "error" ? LogLevel::error : LogLevel::info;
}

Result<SaleRules> read_sale(const config::Settings& file, std::string_view name) {
    const auto& store = file.section("store");
    const auto decimals = static_cast<int>(store.integer("currency_decimals"));
    const auto currency = decimals < 0 ? Currency::parse(store.text("currency"))
                                       : Currency::parse(store.text("currency"), decimals);
    if (!currency)
        return settings_fault(name, store, "store.currency", currency.error().detail,
                              "three capital letters");
    SaleRules rules{.currency = *currency};
    for (const auto& row : file.rows("tax_rule")) {
        if (std::ranges::find(rules.taxes, row.text("code"), &TaxRule::code) != rules.taxes.end())
            return settings_fault(name, row, "tax_rule.code", "another [[tax_rule]] has it",
                                  "each code once");
        rules.taxes.push_back({row.text("code"), row.decimal("rate"), row.boolean("included")});
    }
    rules.default_tax = store.text("default_tax_code");
    const auto is_default = [&](const TaxRule& rule) { return rule.code == rules.default_tax; };
    if (!rules.default_tax.empty() && std::ranges::none_of(rules.taxes, is_default))
        return settings_fault(name, store, "store.default_tax_code",
                              "no [[tax_rule]] has that code", "the code of one of them");
    const auto& rounding = store.text("tax_rounding");
    rules.tax_rounding = rounding == "rate"      ? TaxRounding::rate
                         : rounding == "receipt" ? TaxRounding::receipt
                                                 : TaxRounding::line;
    if (const auto& step = store.text("cash_step"); !step.empty()) {
        const auto amount = Money::parse(step, *currency);
        if (!amount || amount->minor() < 1)
            return settings_fault(name, store, "store.cash_step",
                                  "\"" + step + "\" is no step of this currency",
                                  "a positive amount such as \"0.05\"");
        rules.cash_step = amount->minor();
    }
    return rules;
}

Result<SaleLimits> read_limits(const config::Values& row, const Currency& currency,
                               std::string_view name) {
    SaleLimits limits;
    const auto amount = [&](std::string_view key, std::optional<std::int64_t>& into) {
        if (row.text(key).empty()) return Result<void>{};
        const auto most = Money::parse(row.text(key), currency);
        if (!most || most->minor() < 0)
            return Result<void>{settings_fault(name, row, "limit." + std::string{key},
                                               "not an amount",
                                               "a positive amount of the store's currency")};
        into = most->minor();
        return Result<void>{};
    };
    TILL_TRY_VOID(amount("unreferenced_return_max", limits.unreferenced_return_max));
    TILL_TRY_VOID(amount("refund_max", limits.refund_max));
    if (!row.text("discount_percent_max").empty())
        limits.discount_percent_max = row.decimal("discount_percent_max");
    return limits;
}

Result<WorkstationSettings> read_store(const config::Settings& file, std::string_view name) {
    const auto& store = file.section("store");
    TILL_TRY(auto sale, read_sale(file, name));
    WorkstationSettings workstation{.drawer = store.text("drawer"), .sale = std::move(sale)};
    for (const auto& row : file.rows("limit")) {
        TILL_TRY(const Role role, parse_role(row.text("role")));
        TILL_TRY(workstation.limits[role], read_limits(row, workstation.sale.currency, name));
    }
    workstation.time_zone = store.text("time_zone");
    workstation.cut_over = std::chrono::minutes{store.integer("cut_over_minutes")};
    const auto calendar = StoreCalendar::make(workstation.time_zone, workstation.cut_over);
    if (!calendar)
        return settings_fault(name, store, "store.time_zone", calendar.error().detail,
                              calendar.error().allowed);
    workstation.identifiers = {store.text("country"), split_list(store.text("loyalty_prefixes"))};
    workstation.sign_on_required = store.boolean("sign_on_required");
    return workstation;
}

Result<std::vector<AgentSettings::FileDrop>> read_drops(const config::Settings& file,
                                                        std::string_view name,
                                                        const fs::path& folder) {
    std::vector<AgentSettings::FileDrop> drops;
    for (const auto& row : file.rows("file_drop")) {
        std::string mapping = row.text("mapping");
        if (!bundled_mapping(mapping)) mapping = (folder / mapping).string();
        if (!bundled_mapping(mapping) && !fs::exists(mapping))
            return settings_fault(
                name, row, "file_drop.mapping", "there is no " + mapping,
                "\"uci-online-retail\", \"taiwan-pos\", \"poslog\" or the path of a mapping file");
        drops.push_back({folder / row.text("folder"), std::move(mapping)});
    }
    return drops;
}

}  // namespace

Result<AgentSettings> parse_settings(std::string_view toml, std::string_view file_name,
                                     const fs::path& folder) {
    TILL_TRY(const auto file, config::Settings::parse(agent_schema(), toml, file_name));
    TILL_TRY(auto store, read_store(file, file_name));
    AgentSettings settings{.store = std::move(store)};
    settings.http_port = static_cast<std::uint16_t>(file.section("http").integer("port"));
    const auto& zmq = file.section("zmq");
    settings.zmq_enabled = zmq.boolean("enabled");
    if (!zmq.text("socket").empty()) settings.zmq_socket = folder / zmq.text("socket");
    if (!zmq.text("feed_socket").empty())
        settings.zmq_feed_socket = folder / zmq.text("feed_socket");
    settings.zmq_mode = static_cast<unsigned>(std::stoul(zmq.text("mode"), nullptr, 8));
    const auto reserve = file.section("journal").integer("reserve_mib");
    settings.journal_reserve_bytes = static_cast<std::uint64_t>(reserve) << 20;
    settings.customers_keep = std::chrono::days{file.section("customers").integer("keep_days")};
    if (const auto days = file.section("journal").integer("keep_days"); days > 0)
        settings.journal_keep = std::chrono::days{days};
    settings.uplink_enabled = file.section("uplink").boolean("enabled");
    settings.max_offline = std::chrono::days{file.section("uplink").integer("max_offline_days")};
    settings.log_level = level(file.section("log").text("level"));
    TILL_TRY(settings.peripherals, read_peripherals(file, file_name, folder));
    TILL_TRY(settings.file_drops, read_drops(file, file_name, folder));
    return settings;
}

Result<AgentSettings> load_settings(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    if (!in) {
        const bool there = fs::exists(file);
        return Error{there ? Errc::io : Errc::not_found,
                     file.string() + (there ? " cannot be read" : " does not exist")};
    }
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    return parse_settings(text, file.string(), file.parent_path());
}

WorkstationSettings workstation(const AgentSettings& settings, const sync::Enrolment& enrolment) {
    WorkstationSettings own = settings.store;
    own.store = enrolment.store;
    own.workstation = enrolment.workstation;
    own.sealing_key = enrolment.sealing_keys.back();
    return own;
}

}  // namespace till
