#include "agent/api/customer_part.hpp"

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

}  // namespace till
