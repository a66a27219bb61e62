#pragma once

#include "agent/api/command_table.hpp"
#include "agent/api/receipt_search.hpp"
#include "agent/api/state.pb.h"
#include "agent/api/store_calendar.hpp"

#include <optional>

namespace till {

/// What was found out for one command before it is judged.
struct Beside {
    const FoundReceipt* reversed = nullptr;          ///< What a post-void reverses.
    const CounterDevices::Drawer* drawer = nullptr;  ///< What "open drawer" opens.
};

/// What a builder may look at. It does no I/O and changes nothing.
struct Situation {
    const WorkstationSettings& settings;
    const StoreCalendar& calendar;
    const v1::WorkstationState& state;
    const Caller& caller;
    const JournalIdentity& journal;
    WallTime now;
    std::optional<Role> operator_role = {};  ///< Whose limits count, where it is known.
    Beside beside = {};
};

/// What a builder made of a command.
struct Capture {
    v1::Event event;  ///< The fact and the context; origin and trace are the table's.
    Bytes sealed;
    Numbering numbering = Numbering::none;
    std::optional<v1::WorkstationState> next;  ///< The state it leads to, when it changes it.
};

using Builder = Result<Capture> (*)(const Situation&, const google::protobuf::Message&);

// One builder for each capture; each takes its own message type.
Result<Capture> capture_transaction(const Situation&, const google::protobuf::Message&);
Result<Capture> capture_post_void(const Situation&, const google::protobuf::Message&);
Result<Capture> capture_control(const Situation&, const google::protobuf::Message&);
Result<Capture> capture_tender_control(const Situation&, const google::protobuf::Message&);
Result<Capture> capture_drawer_order(const Situation&, const google::protobuf::Message&);
Result<Capture> capture_drawer(const Situation&, const google::protobuf::Message&);
Result<Capture> capture_identification(const Situation&, const google::protobuf::Message&);
Result<Capture> capture_enrolment(const Situation&, const google::protobuf::Message&);
Result<Capture> capture_consent(const Situation&, const google::protobuf::Message&);
Result<Capture> capture_count(const Situation&, const google::protobuf::Message&);
Result<Capture> capture_adjustment(const Situation&, const google::protobuf::Message&);
Result<Capture> capture_unknown_scan(const Situation&, const google::protobuf::Message&);
Result<Capture> capture_rows_set_aside(const Situation&, const google::protobuf::Message&);

/// The retail situation of something that happened at `at_ms`. The business day is the open one;
/// else that of store time and cut-over. `source`, where it names one, goes before both: another
/// POS's sale belongs to the day and register it says (cross/decisions/0042-whose-business-day.md).
v1::Context context_at(const Situation& situation, std::int64_t at_ms,
                       const v1::CommandSource* source = nullptr);

}  // namespace till
