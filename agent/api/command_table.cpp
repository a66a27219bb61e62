#include "agent/api/answers.hpp"
#include "agent/api/command_table_impl.hpp"
#include "agent/api/request_hash.hpp"
#include "agent/customer/card_guard.hpp"

#include <chrono>

namespace till {

namespace {

const Beside nothing_beside;
const Error no_counter{Errc::not_found,
                       "this agent looks after no USB devices: its settings must say usb = true in "
                       "[devices], and printers = true for a cash drawer"};

}  // namespace

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

Situation CommandTable::Impl::situation(const Caller& caller, const Beside& beside) const {
    return {.settings = settings,
            .calendar = calendar,
            .state = state,
            .caller = caller,
            .journal = journal.identity(),
            .now = clock.now().wall,
            .beside = beside};
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
                                                                  const Beside& beside) {
    if (unsure) TILL_CO_TRY_VOID(co_await learn_state());
    TILL_CO_TRY(const auto command, obeyed(call));
    Situation there = situation(call.request.caller, beside);
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
    auto captured = co_await capture(row, call, nothing_beside);
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
    if (row.opens_drawer) co_return co_await open_drawer(row, call);
    if (!row.reverses_receipt) co_return co_await capture(row, call, nothing_beside);
    const auto& command = static_cast<const v1::RecordPostVoid&>(*call.command);
    const v1::Context context =
        context_at(situation(call.request.caller), clock.now().wall.value());
    TILL_CO_TRY(const FoundReceipt reversed,
                co_await find_receipt(journal, command.receipt_number(), context.business_day()));
    const Beside beside{.reversed = &reversed, .drawer = nullptr};
    co_return co_await capture(row, call, beside);
}

/// The order is on stable storage before its pulse goes out: no opening goes unrecorded, and a key has one
/// pulse at most.
asio::awaitable<Result<v1::Captured>> CommandTable::Impl::open_drawer(const CommandRow& row,
                                                                      const Call& call) {
    if (!counter.drawer) co_return no_counter;
    const auto& command = static_cast<const v1::OpenDrawer&>(*call.command);
    TILL_CO_TRY(const CounterDevices::Drawer drawer, counter.drawer(command.port()));
    const Beside beside{.reversed = nullptr, .drawer = &drawer};
    TILL_CO_TRY(auto captured, co_await capture(row, call, beside));
    if (captured.replayed()) co_return captured;
    const Seq order{captured.seq()};
    TILL_CO_TRY_VOID(co_await counter.open_drawer(drawer.port, order));
    co_return captured;
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

void CommandTable::on_counter(CounterDevices devices) { impl_->counter = std::move(devices); }

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

}  // namespace till
