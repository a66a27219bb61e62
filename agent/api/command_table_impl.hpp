#pragma once

#include "agent/api/command_rows.hpp"
#include "agent/api/command_table.hpp"
#include "agent/api/lane.hpp"
#include "agent/api/master_gate.hpp"
#include "agent/api/scan_desk.hpp"

#include <map>

// Private to the module: captures are command_table.cpp, questions command_questions.cpp.
namespace till {

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
    asio::awaitable<Result<v1::Captured>> open_drawer(const CommandRow& row, const Call& call);
    asio::awaitable<Result<v1::Captured>> capture(const CommandRow& row, const Call& call,
                                                  const Beside& beside);
    asio::awaitable<Result<std::optional<v1::Captured>>> look_up(const Call& call);
    asio::awaitable<Result<v1::Event>> stored_event(Stored stored);
    Situation situation(const Caller& caller, const Beside& beside = {}) const;
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
    CounterDevices counter = {};
    std::map<std::pair<std::string_view, std::string_view>, std::uint64_t> outcomes = {};
    Durations durations = {};
    bool unsure = false;       // Whether a command that changes the state was stored is not known.
    std::optional<Lane> lane;  // Made at the first use: only then is the executor known.
};

}  // namespace till
