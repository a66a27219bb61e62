#include "firmware-config/layers/settings.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::config;

namespace {

constexpr std::array<std::string_view, 2> modes = {"fast", "safe"};
constexpr std::array store_settings = {
    Setting{.key = "name", .required = true, .meaning = "The store's number."},
    Setting{.key = "port",
            .type = Type::integer,
            .fallback = "8080",
            .least = 1,
            .most = 65535,
            .meaning = "Port."},
    Setting{.key = "mode",
            .fallback = "safe",
            .choices = modes,
            .effect = Effect::live,
            .meaning = "How."},
    Setting{.key = "rate", .type = Type::decimal, .fallback = "0.05", .meaning = "Rate."},
    Setting{.key = "loud", .type = Type::boolean, .fallback = "true", .meaning = "Beeps."},
};
constexpr std::array rule_settings = {
    Setting{.key = "code", .required = true, .meaning = "Code."},
    Setting{.key = "rate", .type = Type::decimal, .required = true, .meaning = "Rate."},
};
constexpr std::array sections = {
    Section{"store", false, store_settings, "The store."},
    Section{"tax_rule", true, rule_settings, "Tax rules."},
};

std::string faults(std::string_view toml) {
    const auto settings = Settings::parse(sections, toml, "till.toml");
    return settings ? "" : settings.error().detail;
}

}  // namespace

TEST_CASE("layers: what the file leaves out has its default, what it says counts", "[layers]") {
    const auto settings = Settings::parse(
        sections, "[store]\nname='12'\nport=81\n[[tax_rule]]\ncode='A'\nrate='20'\n", "f");
    REQUIRE(settings);
    const Values& store = settings->section("store");
    CHECK(store.text("name") == "12");
    CHECK(store.integer("port") == 81);
    CHECK(store.text("mode") == "safe");
    CHECK(store.boolean("loud"));
    CHECK(store.decimal("rate") == *Decimal::parse("0.05"));
    CHECK(store.is_set("port"));
    CHECK_FALSE(store.is_set("mode"));
    REQUIRE(settings->rows("tax_rule").size() == 1);
    CHECK(settings->rows("tax_rule")[0].text("code") == "A");
}

TEST_CASE("layers: every fault of a file is named with its line and what is allowed", "[layers]") {
    const auto text = faults("[store]\nname = 12\nprot = 1\nmode = 'quick'\nrate = 'x'\n[stoer]\n");
    CHECK(text.find("till.toml:2: store.name: not a string (allowed: text in double quotes)")
          != std::string::npos);
    CHECK(text.find("till.toml:3: store.prot: unknown setting; did you mean \"port\"?")
          != std::string::npos);
    CHECK(text.find("till.toml:4: store.mode: \"quick\" is not known (allowed: \"fast\", \"safe\")")
          != std::string::npos);
    CHECK(text.find("till.toml:5: store.rate: not a decimal number") != std::string::npos);
    CHECK(text.find("till.toml:6: stoer: unknown section; did you mean \"store\"?")
          != std::string::npos);
}

TEST_CASE("layers: missing, empty, misshapen and out of range are refused", "[layers]") {
    CHECK(faults("").find("store.name: is missing") != std::string::npos);
    CHECK(faults("[store]\nname=''").find("must not be empty") != std::string::npos);
    CHECK(faults("[store]\nname='1'\nport=0").find("0 is out of range (allowed: 1 to 65535)")
          != std::string::npos);
    CHECK(faults("[store]\nname='1'\n[[tax_rule]]\ncode='A'").find("tax_rule.rate: is missing")
          != std::string::npos);
    CHECK(faults("store = 1").find("store: must be a table (allowed: [store])")
          != std::string::npos);
    CHECK(faults("[store]\nname='1'\n[tax_rule]\ncode='A'").find("must be a list of tables")
          != std::string::npos);
    CHECK(faults("[store\nname").find("till.toml:1: syntax:") != std::string::npos);
}

TEST_CASE("layers: the sample file is itself a good settings file once the required is filled in",
          "[layers]") {
    auto sample = sample_file(sections, "Sample");
    CHECK(faults(sample).find("store.name: must not be empty") != std::string::npos);
    sample.replace(sample.find("name = \"\""), 9, "name = \"1\"");
    CHECK(faults(sample) == "");
    CHECK(sample.find("# port = 8080") != std::string::npos);
    CHECK(sample.find("one of \"fast\" \"safe\"); takes effect at once.") != std::string::npos);
}
