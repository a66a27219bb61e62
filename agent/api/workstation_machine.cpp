#include "agent/api/workstation_machine.hpp"

#include "agent/core/calendar.hpp"

#include <algorithm>
#include <array>

namespace till {

namespace {

using Control = v1::ControlTransaction;

enum class Need : std::uint8_t { either, yes, no };

/// What must hold before each control transaction. The whole order of a day on one screen.
struct Rule {
    Control::Type type;
    Need day_open, shift_open, signed_on;
};
constexpr std::array rules = {
    Rule{Control::TYPE_DAY_OPEN, Need::no, Need::no, Need::either},
    Rule{Control::TYPE_SHIFT_OPEN, Need::yes, Need::no, Need::either},
    Rule{Control::TYPE_SIGN_ON, Need::either, Need::either, Need::no},
    Rule{Control::TYPE_NO_SALE, Need::either, Need::either, Need::yes},
    Rule{Control::TYPE_SIGN_OFF, Need::either, Need::either, Need::yes},
    Rule{Control::TYPE_SHIFT_CLOSE, Need::yes, Need::yes, Need::either},
    Rule{Control::TYPE_DAY_CLOSE, Need::yes, Need::no, Need::either},
};

bool holds(Need need, bool fact) { return need == Need::either || (need == Need::yes) == fact; }

bool is_legal(const Rule& rule, const v1::WorkstationState& state) {
    return holds(rule.day_open, !state.business_day().empty())
           && holds(rule.shift_open, state.shift() != 0)
           && holds(rule.signed_on, !state.operator_id().empty());
}

std::string legal_now(const v1::WorkstationState& state) {
    std::string out;
    for (const Rule& rule : rules)
        if (is_legal(rule, state))
            out.append(out.empty() ? "" : ", ").append(Control::Type_Name(rule.type));
    return out;
}

std::string situation(const v1::WorkstationState& state) {
    std::string out = state.business_day().empty()
                          ? std::string{"no business day is open"}
                          : "business day " + state.business_day() + " is open";
    out += state.shift() == 0 ? ", no shift is open"
                              : ", shift " + std::to_string(state.shift()) + " is open";
    return out
           + (state.operator_id().empty() ? ", nobody is signed on" : ", somebody is signed on");
}

}  // namespace

Result<v1::WorkstationState> advance(const v1::WorkstationState& state,
                                     const v1::RecordControl& control, std::string_view today) {
    const auto rule = std::ranges::find(rules, control.type(), &Rule::type);
    if (rule == rules.end())
        return Error{Errc::malformed, "no such control transaction", "type", legal_now(state)};
    if (!is_legal(*rule, state))
        return Error{Errc::conflict, situation(state), "type", legal_now(state)};
    v1::WorkstationState next = state;
    switch (control.type()) {
        case Control::TYPE_DAY_OPEN: {
            const auto day = control.business_day().empty() ? today : control.business_day();
            if (auto valid = check_date(day); !valid)
                return Error{Errc::malformed, valid.error().detail, "business_day",
                             valid.error().allowed};
            next.set_business_day(std::string{day});
            next.set_shifts_opened(0);
            break;
        }
        case Control::TYPE_DAY_CLOSE:
            next.clear_business_day();
            break;
        case Control::TYPE_SHIFT_OPEN:
            next.set_shifts_opened(state.shifts_opened() + 1);
            next.set_shift(next.shifts_opened());
            break;
        case Control::TYPE_SHIFT_CLOSE:
            next.set_shift(0);
            break;
        case Control::TYPE_SIGN_ON:
            if (control.operator_id().empty())
                return Error{Errc::malformed, "missing", "operator_id", "who signs on"};
            next.set_operator_id(control.operator_id());
            break;
        case Control::TYPE_SIGN_OFF:
            next.clear_operator_id();
            break;
        default:
            break;
    }
    return next;
}

}  // namespace till
