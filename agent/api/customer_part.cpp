#include "agent/api/customer_part.hpp"

#include "agent/customer/card_guard.hpp"
#include "agent/customer/sealed_customer.hpp"

namespace till {

Result<void> seal_into(Capture& capture, const Situation& situation, const v1::CustomerData& data,
                       Strictness strictness, v1::ForeignSource* doubts) {
    if (is_empty(data)) return {};
    if (!situation.settings.sealing_key)
        return Error{Errc::unsupported, "this device has no sealing key of the centre", "customer",
                     "no customer data before the device is enrolled"};
    TILL_TRY(SealedCustomer customer,
             seal_customer(data, *situation.settings.sealing_key, situation.settings.identifiers));
    for (Error& problem : customer.problems) {
        problem.field.insert(0, "customer.");
        const bool card = problem.code == Errc::out_of_range;
        if (strictness == Strictness::customer_wanted) return std::move(problem);
        if (strictness == Strictness::sale_first && !card) return std::move(problem);
        if (!doubts) continue;
        v1::Doubt& doubt = *doubts->add_doubts();
        doubt.set_field(problem.field);
        doubt.set_detail(problem.detail);
    }
    *capture.event.mutable_sealed() = std::move(customer.facts);
    capture.sealed = std::move(customer.sealed);
    return {};
}

Result<v1::Identifier> identifier_of(const v1::FindCustomer& wanted, const IdentifierRules& rules) {
    const bool may_be_card =
        wanted.type() != v1::IDENTIFIER_TYPE_PHONE && wanted.type() != v1::IDENTIFIER_TYPE_EMAIL;
    if (may_be_card && looks_like_card(wanted.value(), rules))
        return Error{Errc::out_of_range, "looks like a payment card's number", "value",
                     "a number with one of the shop's loyalty prefixes"};
    auto value = normalise(wanted.type(), wanted.value(), rules);
    if (!value) {
        Error error = std::move(value).error();
        error.field = "value";
        return error;
    }
    v1::Identifier identifier;
    identifier.set_type(wanted.type());
    identifier.set_value(*std::move(value));
    return identifier;
}

}  // namespace till
