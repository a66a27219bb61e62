#include "agent/api/answers.hpp"
#include "agent/api/command_table_impl.hpp"
#include "agent/api/customer_part.hpp"
#include "agent/core/hex.hpp"
#include "agent/core/limits.hpp"

// What only asks.
namespace till {

namespace {

constexpr std::uint32_t page_default = 100, page_max = 1000;

}  // namespace

asio::awaitable<Result<v1::Answer>> CommandTable::call(Request request,
                                                       const google::protobuf::Message& command) {
    const CommandRow* row = find_row(command.GetDescriptor());
    if (!row) co_return Error{Errc::unsupported, "there is no such command"};
    if (!row->build && !row->info.allows(request.caller.role))
        co_return Error{Errc::forbidden, std::string{name(request.caller.role)} + " may not call "
                                             + std::string{row->info.name}};
    v1::Answer answer;
    if (row->build) {
        TILL_CO_TRY(*answer.mutable_captured(), co_await execute(std::move(request), command));
    } else if (const auto* query = dynamic_cast<const v1::ReadEvents*>(&command)) {
        TILL_CO_TRY(*answer.mutable_events(), co_await read_events(request.caller, *query));
    } else if (const auto* whom = dynamic_cast<const v1::FindCustomer*>(&command)) {
        TILL_CO_TRY(*answer.mutable_customer(), co_await impl_->find(*whom));
    } else if (const auto* wanted = dynamic_cast<const v1::FindProduct*>(&command)) {
        if (!impl_->gate) co_return Error{Errc::not_found, "there is no master data"};
        TILL_CO_TRY(*answer.mutable_product(), impl_->gate->product(*wanted));
    } else if (const auto* read = dynamic_cast<const v1::ReadScan*>(&command)) {
        TILL_CO_TRY(*answer.mutable_scan(), read_scan(scan_of(*read)));
        co_await journal_unknown(std::move(request), answer.scan());
    } else if (const auto handler = impl_->handlers.find(command.GetDescriptor());
               handler != impl_->handlers.end()) {
        co_return co_await handler->second(command);
    } else if (row->info.prototype->GetDescriptor() == v1::ReadMasterData::descriptor()) {
        *answer.mutable_master_data() =
            impl_->gate ? impl_->gate->data().lists() : v1::MasterData{};
    } else if (row->info.prototype->GetDescriptor() == v1::ReadStatus::descriptor()) {
        TILL_CO_TRY(*answer.mutable_status(), status(request.caller));
    } else {
        co_return Error{Errc::unsupported, std::string{row->info.name} + " is not one answer"};
    }
    co_return answer;
}

asio::awaitable<Result<v1::CustomerFound>> CommandTable::Impl::find(
    const v1::FindCustomer& wanted) const {
    TILL_CO_TRY(auto identifier, identifier_of(wanted, settings.identifiers));
    if (!find_customer) co_return Error{Errc::not_found, "no customer is known by that"};
    co_return co_await find_customer(std::move(identifier), wanted.offline());
}

Result<v1::Scan> CommandTable::read_scan(v1::Scan scan) {
    MasterGate* const gate = impl_->gate ? &*impl_->gate : nullptr;
    TILL_TRY_VOID(impl_->scan_desk.read(scan, impl_->clock.now().wall, gate));
    return scan;
}

asio::awaitable<void> CommandTable::journal_unknown(Request request, v1::Scan scan) {
    const auto there = impl_->situation(request.caller);
    const auto day = context_at(there, there.now.value()).business_day();
    const auto fact = impl_->scan_desk.first_of(scan, day);
    if (!fact) co_return;
    // The key of a question is the caller's to use again.
    request.idempotency_key = impl_->random.uuid().text();
    (void)co_await execute(std::move(request), *fact);  // Counted; the scan itself is answered.
}

void CommandTable::answer_with(const google::protobuf::Descriptor* question, Handler handler) {
    impl_->handlers[question] = std::move(handler);
}

void CommandTable::on_find_customer(FindCustomer find) { impl_->find_customer = std::move(find); }

Result<v1::Status> CommandTable::status(const Caller& caller) const {
    const Journal& journal = impl_->journal;
    const auto context = context_at(impl_->situation(caller), impl_->clock.now().wall.value());
    v1::Status out;
    out.set_device_id(journal.identity().device.value().text());
    out.set_journal_id(journal.identity().journal.value().text());
    out.set_head_seq(journal.head().seq.value());
    out.set_head_hash(hex(journal.head().hash));
    out.set_acknowledged_seq(journal.acknowledged().seq.value());
    out.set_waiting(journal.waiting());
    out.set_store(context.store());
    out.set_workstation(context.workstation());
    out.set_business_day(context.business_day());
    out.set_business_day_source(context.business_day_source());
    out.set_shift(context.shift());
    out.set_operator_id(context.operator_id());
    out.set_drawer(context.drawer());
    if (impl_->gate) out.set_master_data_version(impl_->gate->data().version());
    if (const auto open = impl_->counter.drawer_open ? impl_->counter.drawer_open() : std::nullopt)
        out.set_drawer_open(*open);
    if (impl_->sync_state) *out.mutable_sync() = impl_->sync_state();
    return out;
}

asio::awaitable<Result<v1::EventPage>> CommandTable::read_events(Caller caller,
                                                                 v1::ReadEvents query) {
    if (!find_row(v1::ReadEvents::descriptor())->info.allows(caller.role))
        co_return Error{Errc::forbidden, std::string{name(caller.role)} + " may not read events"};
    if (query.limit() > page_max)
        co_return Error{Errc::out_of_range, "too many at once", "limit", "at most 1000"};
    const std::size_t limit = query.limit() == 0 ? page_default : query.limit();
    const Seq after{query.after()};
    TILL_CO_TRY(const auto envelopes,
                co_await impl_->journal.read(after, limits::batch_bytes_max, limit));
    v1::EventPage page;
    page.set_next_after(query.after());
    page.set_head_seq(impl_->journal.head().seq.value());
    for (const sync::Envelope& envelope : envelopes) {
        *page.add_events() = shown(envelope);
        page.set_next_after(envelope.seq.value());
    }
    co_return page;
}

}  // namespace till
