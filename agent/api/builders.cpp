#include "agent/api/builders.hpp"

#include "agent/api/customer_part.hpp"
#include "agent/api/workstation_machine.hpp"
#include "agent/core/calendar.hpp"
#include "agent/core/gtin.hpp"
#include "agent/customer/consent.hpp"
#include "agent/inventory/stock.hpp"
#include "agent/sale/reversal.hpp"
#include "agent/sale/transaction.hpp"

namespace till {

namespace {

using google::protobuf::Message;

template <class Command>
const Command& as(const Message& message) {
    return static_cast<const Command&>(message);  // The table found the row by this very type.
}

SaleLimits limits_of(const Situation& situation) {
    const auto found =
        situation.settings.limits.find(situation.operator_role.value_or(situation.caller.role));
    return found == situation.settings.limits.end() ? SaleLimits{} : found->second;
}

/// Who may speak for another system, and who must.
Result<void> check_source_role(const Situation& situation, bool has_source) {
    const bool foreign = situation.caller.role == Role::foreign_pos;
    if (has_source && !foreign)
        return Error{Errc::forbidden, "only a door for foreign systems may name a source", "source",
                     "no source"};
    if (!has_source && foreign)
        return Error{Errc::malformed, "a foreign system must name itself", "source",
                     "its system and number"};
    return {};
}

void doubt_business_day(const v1::CommandSource& source, v1::ForeignSource& wire) {
    if (source.business_day().empty() || check_date(source.business_day())) return;
    v1::Doubt& doubt = *wire.add_doubts();
    doubt.set_field("source.business_day");
    doubt.set_detail("not a date: " + source.business_day());
}

Error missing(const char* field, const char* allowed) {
    return {Errc::malformed, "missing", field, allowed};
}

}  // namespace

v1::Context context_at(const Situation& situation, std::int64_t at_ms,
                       const v1::CommandSource* source) {
    const WorkstationSettings& settings = situation.settings;
    const auto local = situation.calendar.at(at_ms);
    v1::Context context;
    context.set_store(settings.store);
    context.set_workstation(settings.workstation);
    context.set_drawer(settings.drawer);
    context.set_shift(situation.state.shift());
    context.set_operator_id(situation.state.operator_id());
    context.set_utc_offset_minutes(local.utc_offset_minutes);
    if (source && !source->workstation().empty()) context.set_workstation(source->workstation());
    if (source && !source->business_day().empty() && check_date(source->business_day())) {
        context.set_business_day(source->business_day());
        context.set_business_day_source(v1::BUSINESS_DAY_SOURCE_SOURCE);
    } else if (!situation.state.business_day().empty()) {
        context.set_business_day(situation.state.business_day());
        context.set_business_day_source(v1::BUSINESS_DAY_SOURCE_EXPLICIT);
    } else {
        context.set_business_day(local.business_day);
        context.set_business_day_source(v1::BUSINESS_DAY_SOURCE_CUT_OVER);
    }
    return context;
}

Result<Capture> capture_transaction(const Situation& situation, const Message& message) {
    const auto& command = as<v1::RecordTransaction>(message);
    const bool foreign = command.has_source();
    TILL_TRY_VOID(check_source_role(situation, foreign));
    TILL_TRY(v1::RetailTransaction sale, build_transaction(command, situation.settings.sale,
                                                           limits_of(situation), situation.now));
    Capture capture;
    v1::ForeignSource* doubts = foreign ? sale.mutable_source() : nullptr;
    TILL_TRY_VOID(seal_into(capture, situation, command.customer(),
                            foreign ? Strictness::keep : Strictness::sale_first, doubts));
    if (foreign) doubt_business_day(command.source(), *doubts);
    v1::Context& context = *capture.event.mutable_context();
    context = context_at(situation, sale.end_ms(), foreign ? &command.source() : nullptr);
    if (foreign || !command.operator_id().empty()) context.set_operator_id(command.operator_id());
    if (!foreign && situation.settings.sign_on_required && context.operator_id().empty())
        return Error{Errc::conflict, "nobody is signed on", "operator_id",
                     "an operator, or a sign-on first"};
    const bool receipt = !foreign && sale.status() == v1::TRANSACTION_STATUS_COMPLETED;
    capture.numbering = receipt ? Numbering::receipt : Numbering::transaction;
    *capture.event.mutable_retail_transaction() = std::move(sale);
    return capture;
}

Result<Capture> capture_post_void(const Situation& situation, const Message& message) {
    const auto& command = as<v1::RecordPostVoid>(message);
    if (command.receipt_number().empty())
        return missing("receipt_number", "the receipt to reverse");
    const FoundReceipt& found = *situation.beside.reversed;
    Capture capture;
    capture.numbering = Numbering::receipt;
    *capture.event.mutable_context() = context_at(situation, situation.now.value());
    v1::PostVoid& fact = *capture.event.mutable_post_void();
    fact.set_receipt_number(command.receipt_number());
    fact.set_business_day(found.event.context().business_day());
    fact.set_journal_id(Bytes{situation.journal.journal.value().bytes()});
    fact.set_seq(found.seq.value());
    fact.set_reason(command.reason());
    *fact.mutable_reversal() = reversal_of(found.event.retail_transaction(), situation.now.value());
    return capture;
}

Result<Capture> capture_control(const Situation& situation, const Message& message) {
    using Control = v1::ControlTransaction;
    const auto& command = as<v1::RecordControl>(message);
    const auto today = situation.calendar.at(situation.now.value()).business_day;
    TILL_TRY(v1::WorkstationState next, advance(situation.state, command, today));
    // What begins something belongs to what it begins; what ends something to what it ends.
    const bool begins = command.type() == Control::TYPE_DAY_OPEN
                        || command.type() == Control::TYPE_SHIFT_OPEN
                        || command.type() == Control::TYPE_SIGN_ON;
    const Situation there{.settings = situation.settings,
                          .calendar = situation.calendar,
                          .state = begins ? next : situation.state,
                          .caller = situation.caller,
                          .journal = situation.journal,
                          .now = situation.now};
    Capture capture;
    v1::Context& context = *capture.event.mutable_context();
    context = context_at(there, situation.now.value());
    Control& fact = *capture.event.mutable_control_transaction();
    fact.set_type(command.type());
    fact.set_operator_id(command.operator_id().empty() ? context.operator_id()
                                                       : command.operator_id());
    fact.set_business_day(context.business_day());
    fact.set_reason(command.reason());
    fact.set_shift(context.shift());
    if (command.type() != Control::TYPE_NO_SALE) capture.next = std::move(next);
    return capture;
}

Result<Capture> capture_tender_control(const Situation& situation, const Message& message) {
    using Control = v1::TenderControl;
    const auto& command = as<v1::RecordTenderControl>(message);
    const Currency currency = situation.settings.sale.currency;
    if (!Control::Type_IsValid(command.type()) || command.type() == Control::TYPE_UNSPECIFIED)
        return missing("type", "TYPE_FLOAT, TYPE_PICKUP, TYPE_PAID_IN or TYPE_PAID_OUT");
    if (!command.currency().empty() && command.currency() != currency.code())
        return Error{Errc::out_of_range, "not the store's currency", "currency",
                     std::string{currency.code()}};
    Judge judge{false};
    TILL_TRY(const std::int64_t amount, read_amount(command.amount(), currency, "amount", judge));
    if (amount <= 0)
        return Error{Errc::out_of_range, "the type gives the direction", "amount", "positive"};
    Capture capture;
    capture.numbering = Numbering::transaction;
    *capture.event.mutable_context() = context_at(situation, situation.now.value());
    Control& fact = *capture.event.mutable_tender_control();
    fact.set_type(command.type());
    fact.set_currency(std::string{currency.code()});
    fact.set_currency_decimals(static_cast<std::uint32_t>(currency.decimals()));
    fact.set_amount(amount);
    fact.set_tender(command.tender() == v1::TENDER_TYPE_UNSPECIFIED ? v1::TENDER_TYPE_CASH
                                                                    : command.tender());
    fact.set_reason(command.reason());
    fact.set_training(command.training());
    return capture;
}

Result<Capture> capture_drawer_order(const Situation& situation, const Message& message) {
    const auto& command = as<v1::OpenDrawer>(message);
    if (command.reason().empty() && command.receipt_number().empty())
        return missing("reason", "why it is opened, or receipt_number");
    Capture capture;
    *capture.event.mutable_context() = context_at(situation, situation.now.value());
    v1::DrawerOpened& fact = *capture.event.mutable_drawer_opened();
    fact.set_cause(v1::DrawerOpened::CAUSE_ORDERED);
    fact.set_sensed(situation.beside.drawer->sensed);
    fact.set_port(situation.beside.drawer->port);
    fact.set_reason(command.reason());
    fact.set_receipt_number(command.receipt_number());
    return capture;
}

Result<Capture> capture_drawer(const Situation& situation, const Message& message) {
    const auto& command = as<v1::RecordDrawer>(message);
    if (!situation.caller.itself)
        return Error{Errc::forbidden, "only the agent itself tells what a drawer did"};
    Capture capture;
    *capture.event.mutable_context() = context_at(situation, situation.now.value());
    if (command.has_stayed_shut())
        *capture.event.mutable_drawer_stayed_shut() = command.stayed_shut();
    else
        *capture.event.mutable_drawer_opened() = command.opened();
    return capture;
}

Result<Capture> capture_identification(const Situation& situation, const Message& message) {
    const auto& command = as<v1::IdentifyCustomer>(message);
    if (command.customer().identifiers().empty())
        return missing("customer.identifiers", "at least one identifier");
    Capture capture;
    TILL_TRY_VOID(seal_into(capture, situation, command.customer(), Strictness::customer_wanted));
    *capture.event.mutable_context() = context_at(situation, situation.now.value());
    v1::CustomerIdentified& fact = *capture.event.mutable_customer_identified();
    fact.set_transaction(command.receipt_number());
    fact.set_entry_method(command.entry_method());
    return capture;
}

Result<Capture> capture_enrolment(const Situation& situation, const Message& message) {
    const auto& command = as<v1::EnrolCustomer>(message);
    if (command.customer().identifiers().empty())
        return missing("customer.identifiers", "at least one identifier");
    Capture capture;
    TILL_TRY_VOID(seal_into(capture, situation, command.customer(), Strictness::customer_wanted));
    *capture.event.mutable_context() = context_at(situation, situation.now.value());
    v1::CustomerEnrolled& fact = *capture.event.mutable_customer_enrolled();
    fact.set_business(command.business());
    fact.set_country(command.customer().country());
    fact.set_language(command.language());
    for (int i = 0; i < command.consents_size(); ++i) {
        TILL_TRY(*fact.add_consents(),
                 make_consent(command.consents(i), situation.now.value(), path("consents", i)));
    }
    return capture;
}

Result<Capture> capture_consent(const Situation& situation, const Message& message) {
    const auto& command = as<v1::SetConsent>(message);
    if (command.customer().identifiers().empty())
        return missing("customer.identifiers", "at least one identifier");
    Capture capture;
    TILL_TRY_VOID(seal_into(capture, situation, command.customer(), Strictness::customer_wanted));
    *capture.event.mutable_context() = context_at(situation, situation.now.value());
    TILL_TRY(*capture.event.mutable_consent_set(),
             make_consent(command.consent(), situation.now.value(), "consent."));
    return capture;
}

Result<Capture> capture_count(const Situation& situation, const Message& message) {
    Capture capture;
    *capture.event.mutable_context() = context_at(situation, situation.now.value());
    TILL_TRY(*capture.event.mutable_stock_count_lines(),
             build_count(as<v1::RecordCount>(message), situation.now));
    return capture;
}

Result<Capture> capture_adjustment(const Situation& situation, const Message& message) {
    const auto& command = as<v1::RecordAdjustment>(message);
    const bool foreign = command.has_source();
    TILL_TRY_VOID(check_source_role(situation, foreign));
    TILL_TRY(v1::StockAdjustment fact, build_adjustment(command, situation.now));
    if (foreign) doubt_business_day(command.source(), *fact.mutable_source());
    Capture capture;
    *capture.event.mutable_context() =
        context_at(situation, fact.at_ms(), foreign ? &command.source() : nullptr);
    *capture.event.mutable_stock_adjustment() = std::move(fact);
    return capture;
}

Result<Capture> capture_rows_set_aside(const Situation& situation, const Message& message) {
    const auto& command = as<v1::RecordRowsSetAside>(message);
    if (command.file_name().empty()) return missing("file_name", "the file they came from");
    if (command.file_sha256().size() != sizeof(Digest))
        return Error{Errc::malformed, "not a SHA-256", "file_sha256", "32 bytes"};
    Capture capture;
    *capture.event.mutable_context() = context_at(situation, situation.now.value());
    v1::ForeignRowsSetAside& fact = *capture.event.mutable_foreign_rows_set_aside();
    fact.set_system(command.system());
    fact.set_file_name(command.file_name());
    fact.set_file_sha256(command.file_sha256());
    *fact.mutable_rows() = command.rows();
    return capture;
}

Result<Capture> capture_unknown_scan(const Situation& situation, const Message& message) {
    const auto& command = as<v1::RecordUnknownScan>(message);
    if (gtin_number(command.gtin()) == 0)
        return Error{Errc::malformed, "not a GTIN", "gtin", "8, 12, 13 or 14 digits"};
    Capture capture;
    *capture.event.mutable_context() = context_at(situation, situation.now.value());
    v1::UnknownScan& fact = *capture.event.mutable_unknown_scan();
    fact.set_gtin(command.gtin());
    fact.set_aim(command.aim());
    fact.set_port(command.from().port());
    return capture;
}

}  // namespace till
