#include "agent/daemon/cash_drawers.hpp"

#include <catch2/catch.hpp>

using namespace till;
namespace v1 = tillstream::v1;

namespace {

constexpr drivers::DrawerStatus shut{}, open{.open = true};

struct Counter : CashDrawers {
    Counter() { printer_there("1-1"); }
};

v1::DrawerOpened::Cause cause(const CashDrawers::Fact& fact) { return fact->opened().cause(); }

}  // namespace

TEST_CASE("drawers: an order takes one opening, the next one was nobody's", "[daemon]") {
    Counter counter;
    CHECK_FALSE(counter.status("1-1", shut));
    REQUIRE(counter.find("")->sensed);
    counter.ordered("1-1", Seq{7});
    CHECK_FALSE(counter.status("1-1", open));
    CHECK_FALSE(counter.give_up("1-1", Seq{7}, "late"));
    CHECK_FALSE(counter.status("1-1", shut));
    const auto by_key = counter.status("1-1", open);
    REQUIRE(by_key);
    CHECK(cause(by_key) == v1::DrawerOpened::CAUSE_WITHOUT_ORDER);
    CHECK(by_key->opened().port() == "1-1");
}

TEST_CASE("drawers: one that was open before anybody looked was found so, each time", "[daemon]") {
    Counter counter;
    CHECK(cause(counter.status("1-1", open)) == v1::DrawerOpened::CAUSE_FOUND_OPEN);
    CHECK_FALSE(counter.status("1-1", {.open = true, .printer_offline = true}));
    counter.printer_gone("1-1");
    CHECK_FALSE(counter.status("1-1", open));
    counter.printer_there("1-1");
    CHECK(cause(counter.status("1-1", open)) == v1::DrawerOpened::CAUSE_FOUND_OPEN);
}

TEST_CASE("drawers: a drawer that can tell and does not open is told of, once", "[daemon]") {
    Counter counter;
    counter.status("1-1", shut);
    counter.ordered("1-1", Seq{7});
    counter.ordered("1-1", Seq{8});
    CHECK_FALSE(counter.give_up("1-1", Seq{7}, "stuck"));
    const auto stuck = counter.give_up("1-1", Seq{8}, "stuck");
    REQUIRE(stuck);
    CHECK(stuck->stayed_shut().ordered() == 8);
    CHECK_FALSE(counter.give_up("1-1", Seq{8}, "stuck"));
    CHECK(counter.status("1-1", open));
}

TEST_CASE("drawers: one whose printer says nothing is opened, and nobody claims to know",
          "[daemon]") {
    Counter counter;
    REQUIRE(counter.find("1-1"));
    CHECK_FALSE(counter.find("1-1")->sensed);
    CHECK_FALSE(counter.open());
    counter.ordered("1-1", Seq{7});
    CHECK_FALSE(counter.give_up("1-1", Seq{7}, "late"));
}

TEST_CASE("drawers: where there is none, or its printer is offline, a clerk is told what to do",
          "[daemon]") {
    CHECK(CashDrawers{}.find("").error().code == Errc::not_found);
    Counter counter;
    CHECK(counter.find("1-9").error().allowed == "1-1");
    counter.status("1-1", {.open = false, .printer_offline = true});
    CHECK(counter.find("").error().code == Errc::busy);
    counter.printer_there("1-2");
    CHECK(counter.find("1-2")->port == "1-2");
}

TEST_CASE("drawers: any open drawer makes the counter's state open", "[daemon]") {
    Counter counter;
    counter.printer_there("1-2");
    counter.status("1-1", shut);
    CHECK(counter.open() == false);
    counter.status("1-2", open);
    CHECK(counter.open() == true);
}
