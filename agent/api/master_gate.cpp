#include "agent/api/master_gate.hpp"

#include "agent/core/decimal.hpp"
#include "agent/core/secret.hpp"
#include "agent/crypto/pin.hpp"

#include <algorithm>

namespace till {

namespace {

constexpr int tries_max = 5;
constexpr std::int64_t locked_ms = 60'000;

std::string path(const char* list, int index, const char* field) {
    return std::string{list} + "[" + std::to_string(index) + "]." + field;
}

}  // namespace

Result<void> MasterGate::pass(google::protobuf::Message& command, const v1::WorkstationState& state,
                              WallTime now) {
    if (data_.version() == 0) return {};
    if (auto* sale = dynamic_cast<v1::RecordTransaction*>(&command)) {
        if (sale->has_source()) return {};
        TILL_TRY_VOID(check_operator(sale->operator_id().empty() ? state.operator_id()
                                                                 : sale->operator_id()));
        return pass(*sale);
    }
    if (auto* control = dynamic_cast<v1::RecordControl*>(&command)) {
        const bool signs_on = control->type() == v1::ControlTransaction::TYPE_SIGN_ON;
        const bool signs_off = control->type() == v1::ControlTransaction::TYPE_SIGN_OFF;
        if (signs_on) TILL_TRY_VOID(check_pin(*control, now));
        const bool names_none = control->operator_id().empty();
        if (!signs_off)
            TILL_TRY_VOID(
                check_operator(names_none ? state.operator_id() : control->operator_id()));
        if (control->type() != v1::ControlTransaction::TYPE_NO_SALE) return {};
        return check_reason("no_sale", control->reason(), "reason");
    }
    if (const auto* voided = dynamic_cast<v1::RecordPostVoid*>(&command)) {
        TILL_TRY_VOID(check_operator(state.operator_id()));
        return check_reason("void", voided->reason(), "reason");
    }
    if (const auto* drawer = dynamic_cast<v1::OpenDrawer*>(&command)) {
        TILL_TRY_VOID(check_operator(state.operator_id()));
        if (!drawer->receipt_number().empty()) return {};
        return check_reason("no_sale", drawer->reason(), "reason");
    }
    if (const auto* tender = dynamic_cast<v1::RecordTenderControl*>(&command)) {
        TILL_TRY_VOID(check_operator(state.operator_id()));
        return check_reason("tender_control", tender->reason(), "reason");
    }
    if (const auto* change = dynamic_cast<v1::RecordAdjustment*>(&command)) {
        if (change->has_source()) return {};
        for (int i = 0; i < change->lines_size(); ++i)
            if (!change->lines(i).reason().empty())
                TILL_TRY_VOID(check_reason("adjustment", change->lines(i).reason(),
                                           path("lines", i, "reason")));
        const auto has_reason = [](const auto& line) { return !line.reason().empty(); };
        if (change->lines_size() > 0 && std::ranges::all_of(change->lines(), has_reason)) return {};
        return check_reason("adjustment", change->reason(), "reason");
    }
    return {};
}

Result<void> MasterGate::pass(v1::RecordTransaction& command) {
    for (auto& line : *command.mutable_lines()) TILL_TRY_VOID(complete(line));
    TILL_TRY_VOID(check_lines(command));
    return check_tenders(command);
}

Result<void> MasterGate::complete(v1::CommandLine& line) {
    if (!line.unit_price().empty() && !line.tax_code().empty()) return {};
    TILL_TRY(const auto product, data_.find_product(line.gtin(), line.sku()));
    if (!product) return {};
    if (line.unit_price().empty()) line.set_unit_price(product->unit_price());
    if (line.tax_code().empty()) line.set_tax_code(product->tax_code());
    if (line.unit().empty()) line.set_unit(product->unit());
    if (line.item_class() == v1::ITEM_CLASS_GOODS) line.set_item_class(product->item_class());
    return {};
}

Result<void> MasterGate::check_lines(const v1::RecordTransaction& command) const {
    for (int i = 0; i < command.lines_size(); ++i) {
        const auto& line = command.lines(i);
        if (line.kind() == v1::LINE_KIND_RETURN && !line.voided())
            TILL_TRY_VOID(check_reason("return", line.reason(), path("lines", i, "reason")));
        if (line.voided())
            TILL_TRY_VOID(check_reason("void", line.reason(), path("lines", i, "reason")));
        for (int d = 0; d < line.discounts_size(); ++d)
            TILL_TRY_VOID(
                check_reason("discount", line.discounts(d).reason(),
                             path("lines", i, "discounts") + "[" + std::to_string(d) + "].reason"));
    }
    for (int d = 0; d < command.discounts_size(); ++d)
        TILL_TRY_VOID(check_reason("discount", command.discounts(d).reason(),
                                   path("discounts", d, "reason")));
    return {};
}

Result<void> MasterGate::check_tenders(const v1::RecordTransaction& command) const {
    const auto& rules = data_.lists().tenders();
    if (rules.empty()) return {};
    for (int i = 0; i < command.tenders_size(); ++i) {
        const auto& tender = command.tenders(i);
        const auto rule = std::ranges::find(rules, tender.type(), &v1::MasterTender::type);
        if (rule == rules.end() || rule->refused()) {
            std::string taken;
            for (const auto& each : rules)
                if (!each.refused())
                    taken += (taken.empty() ? "" : ", ") + v1::TenderType_Name(each.type());
            return Error{Errc::out_of_range, "not taken in this store", path("tenders", i, "type"),
                         taken};
        }
        if (rule->max().empty()) continue;
        const auto amount = Decimal::parse(tender.amount()), max = Decimal::parse(rule->max());
        if (amount && max && *amount > *max)
            return Error{Errc::out_of_range, "more than may be paid so",
                         path("tenders", i, "amount"), "at most " + rule->max()};
    }
    return {};
}

Result<void> MasterGate::check_reason(std::string_view use, const std::string& reason,
                                      const std::string& field) const {
    std::string listed;
    for (const auto& each : data_.lists().reasons()) {
        if (each.use() != use) continue;
        if (each.code() == reason) return {};
        listed += (listed.empty() ? "" : ", ") + each.code();
    }
    if (listed.empty()) return {};
    return Error{Errc::out_of_range, reason.empty() ? "missing" : "no reason that is listed", field,
                 listed};
}

Result<void> MasterGate::check_operator(const std::string& operator_id) {
    if (operator_id.empty() || !data_.has_operators()) return {};
    TILL_TRY(const auto found, data_.find_operator(operator_id));
    if (found && !found->disabled()) return {};
    return Error{Errc::forbidden, found ? "this operator is disabled" : "there is no such operator",
                 "operator_id", "another operator"};
}

Result<void> MasterGate::check_pin(const v1::RecordControl& sign_on, WallTime now) {
    if (!data_.has_operators()) return {};
    TILL_TRY(const auto found, data_.find_operator(sign_on.operator_id()));
    if (!found || found->disabled() || found->pin_verifier().empty()) return {};
    Tries& tries = tries_[sign_on.operator_id()];
    if (now.value() - tries.last.value() > locked_ms || now < tries.last) tries.wrong = 0;
    if (tries.wrong >= tries_max)
        return Error{Errc::forbidden, "too many wrong PINs", "pin", "a minute's patience"};
    if (is_pin(Secret{sign_on.pin()}, found->pin_verifier())) {
        tries_.erase(sign_on.operator_id());
        return {};
    }
    ++tries.wrong;
    tries.last = now;
    return Error{Errc::forbidden, sign_on.pin().empty() ? "missing" : "the wrong PIN", "pin",
                 "the operator's PIN"};
}

Result<std::optional<Role>> MasterGate::role_of(const std::string& operator_id) {
    if (operator_id.empty() || !data_.has_operators()) return std::optional<Role>{};
    TILL_TRY(const auto found, data_.find_operator(operator_id));
    if (!found) return std::optional<Role>{};
    const auto role = parse_role(found->role());
    return role ? std::optional{*role} : std::nullopt;
}

Result<v1::MasterProduct> MasterGate::product(const v1::FindProduct& wanted) {
    if (wanted.gtin().empty() && wanted.sku().empty())
        return Error{Errc::malformed, "missing", "gtin", "a GTIN or a SKU"};
    TILL_TRY(auto found, data_.find_product(wanted.gtin(), wanted.sku()));
    if (!found) return Error{Errc::not_found, "there is no such product"};
    return *std::move(found);
}

}  // namespace till
