#include "tests/unit/agent/api/shop.hpp"

using namespace till;

namespace {

/// A drawer that notes at which sequence it was told to open.
struct Counter : Shop {
    Counter() {
        table->on_counter(
            {.drawer = [this](const std::string& port) -> Result<CounterDevices::Drawer> {
                 if (trouble) return *trouble;
                 return CounterDevices::Drawer{port.empty() ? "1-3" : port, true};
             },
             .open_drawer = [this](std::string port, Seq order) { return pulse(port, order); },
             .drawer_open = [this]() -> std::optional<bool> { return !pulses.empty(); }});
    }
    asio::awaitable<Result<void>> pulse(std::string, Seq order) {
        pulses.push_back(order.value());
        if (jam) co_return *jam;
        co_return Result<void>{};
    }
    Result<v1::Captured> order(const std::string& key,
                               const std::string& text = "reason: \"float\"",
                               Role role = Role::pos) {
        return call<v1::OpenDrawer>(text, key, role);
    }

    std::optional<Error> trouble, jam;
    std::vector<std::uint64_t> pulses;
};

}  // namespace

TEST_CASE_METHOD(Counter, "api: an order to open the drawer is stored, then sent, once for a key",
                 "[api]") {
    REQUIRE(sale());
    const auto ordered = order("k");
    REQUIRE(ordered);
    CHECK(pulses == std::vector<std::uint64_t>{2});
    trouble = Error{Errc::busy, "offline"};
    const auto again = order("k");
    REQUIRE(again);
    CHECK(again->replayed());
    CHECK(again->seq() == ordered->seq());
    CHECK(order("k", "reason: \"other\"").error().code == Errc::conflict);
    CHECK(pulses.size() == 1);
    const v1::Event stored = last_event();
    CHECK(stored.drawer_opened().cause() == v1::DrawerOpened::CAUSE_ORDERED);
    CHECK(stored.drawer_opened().sensed());
    CHECK(stored.drawer_opened().reason() == "float");
    CHECK(stored.drawer_opened().port() == "1-3");
    CHECK(stored.context().drawer() == "A");
    CHECK(table->status({"x", Role::reader})->drawer_open());
}

TEST_CASE_METHOD(Counter, "api: nobody but the agent itself tells what a drawer did", "[api]") {
    const auto forged = call<v1::RecordDrawer>("opened { cause: CAUSE_WITHOUT_ORDER }", "f");
    CHECK(forged.error().code == Errc::forbidden);
}

TEST_CASE_METHOD(Counter, "api: what cannot open is refused before anything is stored", "[api]") {
    trouble = Error{Errc::busy, "the printer is offline"};
    CHECK(order("a").error().code == Errc::busy);
    trouble.reset();
    CHECK(order("b", "").error().field == "reason");
    CHECK(order("c", "reason: \"float\"", Role::stock).error().code == Errc::forbidden);
    CHECK(events().events_size() == 0);
    CHECK(pulses.empty());
    CHECK(order("a", "receipt_number: \"12-3-000001\""));
    Shop bare;
    CHECK(bare.call<v1::OpenDrawer>("reason: \"float\"").error().code == Errc::not_found);
}

TEST_CASE_METHOD(Counter, "api: an order whose pulse fails is refused, and its key sends no other",
                 "[api]") {
    jam = Error{Errc::busy, "it takes nothing"};
    CHECK(order("k").error().code == Errc::busy);
    jam.reset();
    CHECK(order("k")->replayed());
    CHECK(pulses.size() == 1);
    CHECK(order("another"));
    CHECK(pulses.size() == 2);
}
