#include "agent/inventory/stock.hpp"

#include "agent/core/limits.hpp"
#include "agent/sale/item.hpp"

namespace till {

namespace {

Result<void> check_lines(int count, Judge& judge, bool may_be_none) {
    if (static_cast<std::size_t>(count) > limits::transaction_lines_max)
        return Error{Errc::out_of_range, "too many lines", "lines",
                     "at most " + std::to_string(limits::transaction_lines_max)};
    if (count == 0 && !may_be_none) return judge.object("lines", "no lines", "at least one");
    return {};
}

Result<v1::CountLine> count_line(const v1::CommandCountLine& said, WallTime now,
                                 const std::string& field, Judge& judge) {
    v1::CountLine line;
    const ItemText text{.gtin = said.gtin(),
                        .sku = said.sku(),
                        .description = said.description(),
                        .serial = said.serial(),
                        .lot = said.lot()};
    TILL_TRY(*line.mutable_item(), make_item(text, field, judge));
    if (said.quantity().empty())
        return Error{Errc::malformed, "missing: zero counted is not the same as not counted",
                     field + "quantity", "0 or more"};
    TILL_TRY(const Decimal quantity, read_decimal(said.quantity(), field + "quantity"));
    if (quantity.is_negative())
        TILL_TRY_VOID(judge.object(field + "quantity", "negative", "0 or more"));
    *line.mutable_counted() = to_wire(quantity, said.unit());
    TILL_TRY(const std::int64_t at,
             read_time(said.counted_time(), now.value(), field + "counted_time", judge));
    line.set_counted_ms(at);
    line.set_recount(said.recount());
    line.set_counter(said.counter());
    return line;
}

Result<v1::AdjustmentLine> adjustment_line(const v1::RecordAdjustment& command, int index,
                                           Judge& judge) {
    const v1::CommandAdjustmentLine& said = command.lines(index);
    const std::string field = path("lines", index);
    v1::AdjustmentLine line;
    line.set_number(static_cast<std::uint32_t>(index) + 1);
    const ItemText text{.gtin = said.gtin(), .sku = said.sku(), .description = said.description()};
    TILL_TRY(*line.mutable_item(), make_item(text, field, judge));
    TILL_TRY(const Decimal quantity, read_decimal(said.quantity(), field + "quantity"));
    if (quantity.is_zero())
        TILL_TRY_VOID(judge.object(field + "quantity", "changes nothing", "other than 0"));
    *line.mutable_quantity() = to_wire(quantity, said.unit());
    if (!said.unit_value().empty()) {
        TILL_TRY(const Decimal value, read_decimal(said.unit_value(), field + "unit_value"));
        *line.mutable_unit_value() = to_wire(value);
    }
    if (said.reason().empty() && command.reason().empty())
        TILL_TRY_VOID(judge.object(field + "reason", "missing", "why stock changed"));
    line.set_reason(said.reason());
    return line;
}

}  // namespace

Result<v1::StockCountLines> build_count(const v1::RecordCount& command, WallTime now) {
    using Lines = v1::StockCountLines;
    Judge judge{false};
    if (command.session().empty())
        return Error{Errc::malformed, "missing", "session", "the name of the count"};
    if (!Lines::SessionState_IsValid(command.state()))
        return Error{Errc::malformed, "no such state", "state",
                     "SESSION_STATE_OPEN, _SUBMITTED or _APPROVED"};
    const bool open = command.state() == Lines::SESSION_STATE_UNSPECIFIED
                      || command.state() == Lines::SESSION_STATE_OPEN;
    TILL_TRY_VOID(check_lines(command.lines_size(), judge, !open));
    Lines out;
    out.set_session(command.session());
    out.set_location(command.location());
    out.set_scope(command.scope());
    out.set_state(open ? Lines::SESSION_STATE_OPEN : command.state());
    for (int i = 0; i < command.lines_size(); ++i) {
        TILL_TRY(*out.add_lines(), count_line(command.lines(i), now, path("lines", i), judge));
    }
    return out;
}

Result<v1::StockAdjustment> build_adjustment(const v1::RecordAdjustment& command, WallTime now) {
    Judge judge{command.has_source()};
    if (judge.foreign()) TILL_TRY_VOID(check_source(command.source()));
    TILL_TRY_VOID(check_lines(command.lines_size(), judge, false));
    v1::StockAdjustment out;
    for (int i = 0; i < command.lines_size(); ++i) {
        TILL_TRY(*out.add_lines(), adjustment_line(command, i, judge));
    }
    out.set_reason(command.reason());
    TILL_TRY(const std::int64_t at, read_time(command.time(), now.value(), "time", judge));
    out.set_at_ms(at);
    if (judge.foreign()) *out.mutable_source() = to_source(command.source(), judge);
    return out;
}

}  // namespace till
