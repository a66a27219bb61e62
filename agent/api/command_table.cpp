#include "agent/api/command_table.hpp"

#include "agent/api/answers.hpp"
#include "agent/api/command_rows.hpp"
#include "agent/api/customer_part.hpp"
#include "agent/api/lane.hpp"
#include "agent/api/master_gate.hpp"
#include "agent/api/request_hash.hpp"
#include "agent/api/scan_desk.hpp"
#include "agent/core/hex.hpp"
#include "agent/core/limits.hpp"
#include "agent/customer/card_guard.hpp"

#include <algorithm>
#include <chrono>
#include <map>

namespace till {

namespace {

constexpr std::uint32_t page_default = 100, page_max = 1000;

Result<void> check_key(const std::string& key) {
    const auto printable = [](char c) { return c >= '!' && c <= '~'; };
    if (key.empty() || key.size() > limits::idempotency_key_bytes_max
        || !std::ranges::all_of(key, printable))
        return Error{Errc::malformed, "not an idempotency key", "idempotency_key",
                     "1 to 128 printable ASCII characters"};
    return check_no_card(key, "idempotency_key");
}

}  // namespace

struct CommandTable::Impl {
    struct Call {
        Request request;
        std::unique_ptr<google::protobuf::Message> command;  // Ours, with card numbers masked.
        Bytes hash;
    };

    Result<Call> judge(const CommandRow& row, Request request,
                       const google::protobuf::Message& command) const;
    asio::awaitable<Result<v1::Captured>> take(const CommandRow& row, Request request,
                                               const google::protobuf::Message& command);
    asio::awaitable<Result<v1::Captured>> run(const CommandRow& row, Call call);
    asio::awaitable<Result<v1::Captured>> run_alone(const CommandRow& row, Call call);
    asio::awaitable<Result<v1::Captured>> capture(const CommandRow& row, const Call& call,
                                                  const FoundReceipt* reversed);
    asio::awaitable<Result<std::optional<v1::Captured>>> look_up(const Call& call);
    asio::awaitable<Result<v1::Event>> stored_event(Stored stored);
    Situation situation(const Caller& caller, const FoundReceipt* reversed) const;
    Result<std::unique_ptr<google::protobuf::Message>> obeyed(const Call& call);
    Result<std::optional<Role>> operator_role(const google::protobuf::Message& command);
    Draft draft_of(Capture& capture, const Call& call) const;
    void restore_state();
    asio::awaitable<Result<void>> learn_state();
    asio::awaitable<Result<v1::CustomerFound>> find(const v1::FindCustomer& wanted) const;

    Journal& journal;
    Clock& clock;
    Random& random;
    WorkstationSettings settings;
    StoreCalendar calendar;
    v1::WorkstationState state;
    std::optional<MasterGate> gate = {};
    std::function<v1::SyncState()> sync_state = {};
    FindCustomer find_customer = {};
    std::map<const google::protobuf::Descriptor*, Handler> handlers = {};
    ScanDesk scan_desk;
    std::map<std::pair<std::string_view, std::string_view>, std::uint64_t> outcomes = {};
    Durations durations = {};
    bool unsure = false;       // Whether a command that changes the state was stored is not known.
    std::optional<Lane> lane;  // Made at the first use: only then is the executor known.
};

Result<CommandTable::Impl::Call> CommandTable::Impl::judge(
    const CommandRow& row, Request request, const google::protobuf::Message& command) const {
    if (!row.info.allows(request.caller.role))
        return Error{Errc::forbidden, std::string{name(request.caller.role)} + " may not call "
                                          + std::string{row.info.name}};
    TILL_TRY_VOID(check_key(request.idempotency_key));
    Call call{std::move(request), std::unique_ptr<google::protobuf::Message>{command.New()}, {}};
    call.command->CopyFrom(command);
    TILL_TRY_VOID(guard_cards(*call.command, settings.identifiers));
    call.hash = request_hash(row.info.name, *call.command);
    if (call.request.trace_id.size() != 16) call.request.trace_id.clear();
    return call;
}

Situation CommandTable::Impl::situation(const Caller& caller, const FoundReceipt* reversed) const {
    return {.settings = settings,
            .calendar = calendar,
            .state = state,
            .caller = caller,
            .journal = journal.identity(),
            .now = clock.now().wall,
            .reversed = reversed};
}

/// The command with what master data adds to it; the caller's own words are what its key stands for.
Result<std::unique_ptr<google::protobuf::Message>> CommandTable::Impl::obeyed(const Call& call) {
    std::unique_ptr<google::protobuf::Message> command{call.command->New()};
    command->CopyFrom(*call.command);
    if (gate && !call.request.caller.itself)
        TILL_TRY_VOID(gate->pass(*command, state, clock.now().wall));
    return command;
}

Result<std::optional<Role>> CommandTable::Impl::operator_role(
    const google::protobuf::Message& command) {
    if (!gate) return std::optional<Role>{};
    const auto* sale = dynamic_cast<const v1::RecordTransaction*>(&command);
    const bool names = sale && !sale->operator_id().empty();
    return gate->role_of(names ? sale->operator_id() : state.operator_id());
}

Draft CommandTable::Impl::draft_of(Capture& capture, const Call& call) const {
    v1::Origin& origin = *capture.event.mutable_origin();
    origin.set_caller(call.request.caller.name);
    origin.set_key(call.request.idempotency_key);
    origin.set_request_hash(call.hash);
    if (!call.request.trace_id.empty()) capture.event.set_trace_id(call.request.trace_id);
    Draft draft;
    draft.kind = sync::Kind{static_cast<std::uint32_t>(capture.event.fact_case())};
    draft.body = capture.event.SerializeAsString();
    draft.sealed = std::move(capture.sealed);
    draft.caller = call.request.caller.name;
    draft.key = call.request.idempotency_key;
    draft.request_hash = call.hash;
    draft.numbering = capture.numbering;
    if (capture.next) draft.state_after = capture.next->SerializeAsString();
    return draft;
}

void CommandTable::Impl::restore_state() {
    if (!state.ParseFromString(journal.state())) state.Clear();
}

/// Before anything is judged by the state that a command of unknown outcome may have changed.
asio::awaitable<Result<void>> CommandTable::Impl::learn_state() {
    const auto stored = co_await journal.read_state();
    if (!stored) co_return Error{Errc::busy, "the journal cannot be opened yet"};
    unsure = false;
    restore_state();
    co_return Result<void>{};
}

asio::awaitable<Result<v1::Event>> CommandTable::Impl::stored_event(Stored stored) {
    TILL_CO_TRY(const auto envelope, co_await journal.event(std::move(stored)));
    v1::Event event;
    if (!event.ParseFromString(envelope.body))
        co_return Error{Errc::corrupt, "a stored event cannot be read"};
    co_return event;
}

/// What this key stored before; nothing when it is new.
asio::awaitable<Result<std::optional<v1::Captured>>> CommandTable::Impl::look_up(const Call& call) {
    TILL_CO_TRY(auto found,
                co_await journal.find(call.request.caller.name, call.request.idempotency_key));
    if (!found) co_return std::optional<v1::Captured>{};
    TILL_CO_TRY(const v1::Event event, co_await stored_event(*found));
    if (event.origin().request_hash() != call.hash)
        co_return Error{Errc::conflict, "this key was used for another command", "idempotency_key",
                        "a key of its own for each command"};
    found->replayed = true;
    co_return captured_of(event, *found);
}

asio::awaitable<Result<v1::Captured>> CommandTable::Impl::capture(const CommandRow& row,
                                                                  const Call& call,
                                                                  const FoundReceipt* reversed) {
    if (unsure) TILL_CO_TRY_VOID(co_await learn_state());
    TILL_CO_TRY(const auto command, obeyed(call));
    Situation there = situation(call.request.caller, reversed);
    TILL_CO_TRY(there.operator_role, operator_role(*command));
    auto built = row.build(there, *command);
    if (!built) co_return std::move(built).error();
    if (gate && gate->data().version() != 0 && built->event.has_retail_transaction())
        built->event.mutable_retail_transaction()->mutable_versions()->set_master_data(
            gate->data().version());
    const bool advances = built->next.has_value();
    if (advances) state = *built->next;  // From here on, whoever comes sees it.
    Draft draft = draft_of(*built, call);
    const auto stored = co_await journal.append(std::move(draft));
    if (advances && (!stored || stored->replayed)) restore_state();
    unsure |= advances && !stored && stored.error().code == Errc::outcome_unknown;
    if (!stored) co_return stored.error();
    if (!stored->replayed) co_return captured_of(built->event, *stored);
    TILL_CO_TRY(const v1::Event first, co_await stored_event(*stored));
    co_return captured_of(first, *stored);
}

/// A refusal may only mean that the first attempt has changed what it is judged by.
asio::awaitable<Result<v1::Captured>> CommandTable::Impl::run(const CommandRow& row, Call call) {
    auto captured = co_await capture(row, call, nullptr);
    if (captured || captured.error().code == Errc::busy) co_return captured;
    auto before = co_await look_up(call);
    if (!before && before.error().code == Errc::conflict) co_return std::move(before).error();
    if (before && *before) co_return **std::move(before);
    co_return captured;
}

asio::awaitable<Result<v1::Captured>> CommandTable::Impl::run_alone(const CommandRow& row,
                                                                    Call call) {
    if (!lane) lane.emplace(co_await asio::this_coro::executor);
    TILL_CO_TRY(const Lane::Turn turn, co_await lane->enter());
    TILL_CO_TRY(auto before, co_await look_up(call));
    if (before) co_return *std::move(before);
    if (!row.reverses_receipt) co_return co_await capture(row, call, nullptr);
    const auto& command = static_cast<const v1::RecordPostVoid&>(*call.command);
    const v1::Context context =
        context_at(situation(call.request.caller, nullptr), clock.now().wall.value());
    TILL_CO_TRY(const FoundReceipt reversed,
                co_await find_receipt(journal, command.receipt_number(), context.business_day()));
    co_return co_await capture(row, call, &reversed);
}

Result<std::unique_ptr<CommandTable>> CommandTable::open(Journal& journal, Clock& clock,
                                                         Random& random,
                                                         WorkstationSettings settings) {
    TILL_TRY(StoreCalendar calendar, StoreCalendar::make(settings.time_zone, settings.cut_over));
    v1::WorkstationState state;
    if (!state.ParseFromString(journal.state()))
        return Error{Errc::corrupt, "the workstation's state in the journal cannot be read"};
    ScanDesk scan_desk{settings.identifiers};
    std::unique_ptr<Impl> impl{new Impl{.journal = journal,
                                        .clock = clock,
                                        .random = random,
                                        .settings = std::move(settings),
                                        .calendar = std::move(calendar),
                                        .state = std::move(state),
                                        .scan_desk = std::move(scan_desk),
                                        .lane = {}}};
    return std::unique_ptr<CommandTable>{new CommandTable{std::move(impl)}};
}

CommandTable::CommandTable(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
CommandTable::~CommandTable() = default;

asio::awaitable<Result<v1::Captured>> CommandTable::execute(
    Request request, const google::protobuf::Message& command) {
    const CommandRow* row = find_row(command.GetDescriptor());
    if (!row || !row->build) co_return Error{Errc::unsupported, "not a capture"};
    const auto began = std::chrono::steady_clock::now();
    auto done = co_await impl_->take(*row, std::move(request), command);
    const auto outcome = !done              ? name(done.error().code)
                         : done->replayed() ? std::string_view{"replayed"}
                                            : std::string_view{"stored"};
    ++impl_->outcomes[{row->info.name, outcome}];
    if (outcome == "stored") impl_->durations.add(std::chrono::steady_clock::now() - began);
    co_return done;
}

asio::awaitable<Result<v1::Captured>> CommandTable::Impl::take(
    const CommandRow& row, Request request, const google::protobuf::Message& command) {
    TILL_CO_TRY(Call call, judge(row, std::move(request), command));
    if (row.exclusive) co_return co_await run_alone(row, std::move(call));
    co_return co_await run(row, std::move(call));
}

void CommandTable::write_metrics(MetricsText& into) const {
    for (const auto& [what, count] : impl_->outcomes)
        into.counter("tillstream_commands_total",
                     "Captures by what came of them: stored, replayed, or why they were refused.",
                     static_cast<double>(count),
                     {{"command", what.first}, {"outcome", what.second}});
    impl_->durations.write(into, "tillstream_capture_duration_seconds",
                           "From a command's arrival until it was on stable storage.");
}

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
    const auto there = impl_->situation(request.caller, nullptr);
    const auto day = context_at(there, there.now.value()).business_day();
    const auto fact = impl_->scan_desk.first_of(scan, day);
    if (!fact) co_return;
    if (request.idempotency_key.empty()) request.idempotency_key = impl_->random.uuid().text();
    (void)co_await execute(std::move(request),
                           *fact);  // It is counted; the scan itself is answered.
}

void CommandTable::answer_with(const google::protobuf::Descriptor* question, Handler handler) {
    impl_->handlers[question] = std::move(handler);
}

void CommandTable::on_find_customer(FindCustomer find) { impl_->find_customer = std::move(find); }

void CommandTable::obey(MasterData& data) { impl_->gate.emplace(data); }

Result<void> CommandTable::reconfigure(WorkstationSettings settings) {
    TILL_TRY(impl_->calendar, StoreCalendar::make(settings.time_zone, settings.cut_over));
    impl_->scan_desk = ScanDesk{settings.identifiers};
    impl_->settings = std::move(settings);
    return {};
}

void CommandTable::on_sync_state(std::function<v1::SyncState()> ask) {
    impl_->sync_state = std::move(ask);
}

Result<v1::Status> CommandTable::status(const Caller& caller) const {
    const Journal& journal = impl_->journal;
    const auto context =
        context_at(impl_->situation(caller, nullptr), impl_->clock.now().wall.value());
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
