#include "sync/masterdata/master_plan.hpp"

#include <google/protobuf/util/json_util.h>
#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;

namespace {

v1::MasterImport import_of(std::string_view json) {
    v1::MasterImport import;
    const auto read = google::protobuf::util::JsonStringToMessage(std::string{json}, &import);
    if (!read.ok()) FAIL(read.ToString());
    return import;
}

const MasterRules rules{
    .is_time_zone = [](const std::string& name) { return name == "Asia/Taipei"; },
    .verifier_of =
        [](const std::string& pin, const std::string& present) {
            return present == "verifier of " + pin ? present : "verifier of " + pin;
        }};

MasterPlan plan(std::string_view json, MasterSet present = {}) {
    return plan_import(import_of(json), std::move(present), rules);
}

/// What would be there after the plan.
MasterSet after(MasterSet set, const MasterPlan& plan) {
    for (const auto& change : plan.changes) {
        const MasterKey key{change.key(), change.store()};
        set.erase(key);
        if (change.has_body()) REQUIRE(set[key].ParseFromString(change.body()));
    }
    return set;
}

constexpr std::string_view shop = R"({
    "stores": [{"store": "12", "currency": "TWD", "time_zone": "Asia/Taipei", "cut_over": "04:00",
                "gln": "4000001000005", "default_tax_code": "A"}],
    "workstations": [{"store": "12", "workstation": "3"}],
    "operators": [{"operator_id": "7", "name": "Clerk", "role": "pos", "pin": "4711"}],
    "tax_rules": [{"code": "A", "rate": "5", "name": "VAT"}],
    "tenders": [{"type": "TENDER_TYPE_CASH"}],
    "reasons": [{"code": "broken", "use": "return"}],
    "products": [{"gtin": "4006381333931", "name": "Pen", "unit_price": "2.955", "tax_code": "A"},
                 {"sku": "BAG", "unit_price": "1"}]})";

}  // namespace

TEST_CASE("masterdata: what is new, changed, removed and the same is told apart", "[masterdata]") {
    const auto first = plan(shop);
    REQUIRE(first.faults.empty());
    CHECK(first.changes.size() == 8);
    CHECK(first.summary.counts_size() == 7);
    const MasterSet set = after({}, first);
    CHECK(plan(shop, set).changes.empty());
    CHECK(set.at({"operator/7", ""}).operator_().pin_verifier() == "verifier of 4711");
    CHECK(set.at({"operator/7", ""}).operator_().pin().empty());

    const auto second = plan(R"({"whole": ["products"], "products": [
        {"gtin": "04006381333931", "name": "Pen", "unit_price": "3.00", "tax_code": "A"}]})",
                             set);
    REQUIRE(second.faults.empty());
    REQUIRE(second.changes.size() == 2);
    REQUIRE(second.summary.counts_size() == 1);
    CHECK(second.summary.counts(0).changed() == 1);
    CHECK(second.summary.counts(0).removed() == 1);
    CHECK(second.summary.changes(0).key() == "04006381333931");
    CHECK(second.summary.changes(0).before() == R"({"gtin":"4006381333931","unit_price":"2.955"})");
    CHECK(second.summary.changes(0).after() == R"({"gtin":"04006381333931","unit_price":"3.00"})");
    CHECK(after(set, second).size() == 7);
}

TEST_CASE("masterdata: an operator imported without a PIN keeps hers, and no summary tells it",
          "[masterdata]") {
    const MasterSet set = after({}, plan(shop));
    const auto renamed = plan(
        R"({"operators": [{"operator_id": "7", "name": "Senior", "role": "pos", "disabled": true}]})",
        set);
    REQUIRE(renamed.changes.size() == 1);
    CHECK(after(set, renamed).at({"operator/7", ""}).operator_().pin_verifier()
          == "verifier of 4711");
    const auto changed = plan(
        R"({"operators": [{"operator_id": "7", "name": "Clerk", "role": "pos", "pin": "0815"}]})",
        set);
    REQUIRE(changed.changes.size() == 1);
    CHECK(changed.summary.DebugString().find("0815") == std::string::npos);
    CHECK(changed.summary.changes(0).after() == R"({"pin_verifier":"another"})");
}

TEST_CASE("masterdata: every fault of an import is named by its path, and nothing of it is planned",
          "[masterdata]") {
    struct Bad {
        std::string_view json, field;
    };
    const MasterSet set = after({}, plan(shop));
    for (const Bad& bad : {
             Bad{R"({"stores":[{"store":""}]})", "stores[0].store"},
             Bad{R"({"stores":[{"store":"a b"}]})", "stores[0].store"},
             Bad{R"({"stores":[{"store":"1","time_zone":"Mars"}]})", "stores[0].time_zone"},
             Bad{R"({"stores":[{"store":"1","cut_over":"24:00"}]})", "stores[0].cut_over"},
             Bad{R"({"stores":[{"store":"1","currency":"pounds"}]})", "stores[0].currency"},
             Bad{R"({"stores":[{"store":"1","currency_decimals":"5"}]})",
                 "stores[0].currency_decimals"},
             Bad{R"({"stores":[{"store":"1","cash_step":"0"}]})", "stores[0].cash_step"},
             Bad{R"({"stores":[{"store":"1","gln":"4000001000004"}]})", "stores[0].gln"},
             Bad{R"({"stores":[{"store":"1","default_tax_code":"Z"}]})",
                 "stores[0].default_tax_code"},
             Bad{R"({"stores":[{"store":"1","tax_rounding":"up"}]})", "stores[0].tax_rounding"},
             Bad{R"({"workstations":[{"store":"99","workstation":"1"}]})", "workstations[0].store"},
             Bad{R"({"operators":[{"operator_id":"1","role":"boss"}]})", "operators[0].role"},
             Bad{R"({"operators":[{"operator_id":"1","role":"pos","pin":"12a4"}]})",
                 "operators[0].pin"},
             Bad{R"({"operators":[{"operator_id":"1","role":"pos","pin_verifier":"x"}]})",
                 "operators[0].pin_verifier"},
             Bad{R"({"tax_rules":[{"code":"B","rate":"five"}]})", "tax_rules[0].rate"},
             Bad{R"({"tenders":[{"name":"Cash"}]})", "tenders[0].type"},
             Bad{R"({"reasons":[{"code":"x","use":"fun"}]})", "reasons[0].use"},
             Bad{R"({"products":[{"unit_price":"1"}]})", "products[0].gtin"},
             Bad{R"({"products":[{"gtin":"4006381333932","unit_price":"1"}]})", "products[0].gtin"},
             Bad{R"({"products":[{"sku":"a","unit_price":"-1"}]})", "products[0].unit_price"},
             Bad{R"({"products":[{"sku":"a","unit_price":"1,50"}]})", "products[0].unit_price"},
             Bad{R"({"products":[{"sku":"a","unit_price":"1","tax_code":"Q"}]})",
                 "products[0].tax_code"},
             Bad{R"({"products":[{"sku":"a","unit_price":"1","store":"99"}]})",
                 "products[0].store"},
             Bad{R"({"products":[{"sku":"a","unit_price":"1"},{"sku":"a","unit_price":"2"}]})",
                 "products[1].sku"},
             Bad{R"({"whole":["prices"]})", "whole.prices"},
             // What stays refers to what would go.
             Bad{R"({"whole":["tax_rules"],"tax_rules":[{"code":"B","rate":"5"}]})",
                 "product/04006381333931.tax_code"},
         }) {
        INFO(bad.json);
        const auto refused = plan(bad.json, set);
        REQUIRE_FALSE(refused.faults.empty());
        const auto named = std::ranges::any_of(
            refused.faults, [&](const Error& fault) { return fault.field == bad.field; });
        CHECK(named);
        CHECK(refused.changes.empty());
    }
}

TEST_CASE("masterdata: a tax code of a store's own will do for that store only", "[masterdata]") {
    const MasterSet set = after({}, plan(shop));
    const auto both = plan(R"({"stores": [{"store": "13"}],
        "tax_rules": [{"store": "13", "code": "L", "rate": "1"}],
        "products": [{"store": "13", "sku": "local", "unit_price": "1", "tax_code": "L"}]})",
                           set);
    CHECK(both.faults.empty());
    const auto general = plan(R"({"stores": [{"store": "13"}],
        "tax_rules": [{"store": "13", "code": "L", "rate": "1"}],
        "products": [{"sku": "local", "unit_price": "1", "tax_code": "L"}]})",
                              set);
    CHECK(general.faults.size() == 1);
}
