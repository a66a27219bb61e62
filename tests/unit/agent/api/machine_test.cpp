#include "agent/api/workstation_machine.hpp"

#include <catch2/catch.hpp>

using namespace till;

namespace {

using Control = v1::ControlTransaction;

/// Runs controls one after another; the first refusal ends it.
Result<v1::WorkstationState> run(std::initializer_list<Control::Type> types) {
    v1::WorkstationState state;
    for (const Control::Type type : types) {
        v1::RecordControl control;
        control.set_type(type);
        control.set_operator_id("ann");
        TILL_TRY(state, advance(state, control, "2026-11-23"));
    }
    return state;
}

}  // namespace

TEST_CASE("api: a day of two shifts runs in its legal order", "[api]") {
    const auto state = run({Control::TYPE_DAY_OPEN, Control::TYPE_SIGN_ON, Control::TYPE_SHIFT_OPEN,
                            Control::TYPE_NO_SALE, Control::TYPE_SHIFT_CLOSE,
                            Control::TYPE_SIGN_OFF, Control::TYPE_SHIFT_OPEN});
    REQUIRE(state);
    CHECK(state->business_day() == "2026-11-23");
    CHECK(state->shift() == 2);
    CHECK(state->operator_id().empty());
    const auto closed =
        run({Control::TYPE_DAY_OPEN, Control::TYPE_SHIFT_OPEN, Control::TYPE_SHIFT_CLOSE,
             Control::TYPE_DAY_CLOSE, Control::TYPE_DAY_OPEN, Control::TYPE_SHIFT_OPEN});
    REQUIRE(closed);
    CHECK(closed->shift() == 1);  // Shifts count from one each day.
}

TEST_CASE("api: an illegal order is refused with what is legal instead", "[api]") {
    using enum Control::Type;
    const std::initializer_list<Control::Type> orders[] = {
        {Control::TYPE_DAY_CLOSE},
        {Control::TYPE_DAY_OPEN, Control::TYPE_DAY_OPEN},
        {Control::TYPE_SHIFT_OPEN},
        {Control::TYPE_DAY_OPEN, Control::TYPE_SHIFT_OPEN, Control::TYPE_SHIFT_OPEN},
        {Control::TYPE_DAY_OPEN, Control::TYPE_SHIFT_OPEN, Control::TYPE_DAY_CLOSE},
        {Control::TYPE_DAY_OPEN, Control::TYPE_SHIFT_CLOSE},
        {Control::TYPE_SIGN_OFF},
        {Control::TYPE_SIGN_ON, Control::TYPE_SIGN_ON},
        {Control::TYPE_NO_SALE},
    };
    for (const auto& order : orders) {
        const auto state = run(order);
        REQUIRE_FALSE(state);
        CHECK(state.error().code == Errc::conflict);
        CHECK(state.error().field == "type");
        CHECK_FALSE(state.error().allowed.empty());
    }
    CHECK(run({Control::TYPE_DAY_CLOSE}).error().allowed == "TYPE_DAY_OPEN, TYPE_SIGN_ON");
    CHECK(run({Control::TYPE_UNSPECIFIED}).error().code == Errc::malformed);
}

TEST_CASE("api: a day is opened by a date that exists, by an operator with a name", "[api]") {
    v1::RecordControl open;
    open.set_type(Control::TYPE_DAY_OPEN);
    open.set_business_day("2026-02-29");
    CHECK(advance({}, open, "2026-11-23").error().field == "business_day");
    open.set_business_day("2028-02-29");
    CHECK(advance({}, open, "2026-11-23")->business_day() == "2028-02-29");
    v1::RecordControl on;
    on.set_type(Control::TYPE_SIGN_ON);
    CHECK(advance({}, on, "2026-11-23").error().field == "operator_id");
}
