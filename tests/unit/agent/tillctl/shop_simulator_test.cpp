#include "agent/tillctl/shop_simulator.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace till;
namespace v1 = tillstream::v1;

namespace {

std::string all(const SimulatedDay& day) {
    std::string text;
    for (const auto& call : ShopSimulator{day}.calls())
        text += call.path + call.key + call.command->SerializeAsString();
    return text;
}

}  // namespace

TEST_CASE("tillctl: the same seed gives the same day, another seed or lane another", "[tillctl]") {
    const SimulatedDay day{.seed = 7, .transactions = 50};
    CHECK(all(day) == all(day));
    CHECK(all(day) != all({.seed = 8, .transactions = 50}));
    CHECK(all(day) != all({.seed = 7, .lane = 2, .transactions = 50}));
}

TEST_CASE("tillctl: a simulated day has every kind of call, each under a key of its own",
          "[tillctl]") {
    std::set<std::string> keys, paths;
    int sales = 0, returns = 0, customers = 0;
    const auto calls = ShopSimulator{{.seed = 3, .transactions = 400}}.calls();
    for (const auto& call : calls) {
        keys.insert(call.key);
        paths.insert(call.path);
        const auto* sale = dynamic_cast<const v1::RecordTransaction*>(call.command.get());
        if (!sale) continue;
        (sale->lines(0).kind() == v1::LINE_KIND_RETURN ? returns : sales) += 1;
        if (sale->has_customer()) ++customers;
    }
    CHECK(keys.size() == calls.size());
    CHECK(paths
          == std::set<std::string>{"/v1/controls", "/v1/customers", "/v1/stock/counts",
                                   "/v1/tender-controls", "/v1/transactions"});
    CHECK(sales + returns == 400);
    CHECK(returns > 4);
    CHECK(customers > sales / 4);
    CHECK(customers < sales / 2);
}
