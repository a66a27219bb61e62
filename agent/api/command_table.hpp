#pragma once

#include "agent/api/counter_devices.hpp"
#include "agent/api/settings.hpp"
#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"
#include "agent/journal/journal.hpp"
#include "agent/masterdata/master_data.hpp"
#include "agent/runtime/metrics.hpp"
#include "sync/wire/commands.pb.h"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace till {

namespace asio = boost::asio;
namespace v1 = tillstream::v1;

/// Who calls: decided by the door from its token, never by the caller's words.
struct Caller {
    std::string name;  ///< First part of the idempotency key.
    Role role = Role::reader;
    bool itself = false;  ///< The agent, repeating what was allowed before.
};

/// One call as a door hands it over.
struct Request {
    Caller caller;
    std::string idempotency_key;  ///< 1 to 128 printable ASCII characters; unique for the caller.
    Bytes trace_id;               ///< The caller's own, 16 bytes; empty: it has none.
};

/// One row of the table, as doors see it.
struct CommandInfo {
    std::string_view name;  ///< "record_transaction"
    std::string_view
        method;  ///< "POST" for captures, "GET" for questions; "POST" where one is personal.
    std::string_view path;  ///< "/v1/transactions"; empty: not offered over HTTP.
    const google::protobuf::Message* prototype;  ///< Default instance of the command.
    const google::protobuf::Message* answer;     ///< And of what it is answered with.
    std::uint8_t roles;                          ///< Roles that may call it, or-ed.

    bool allows(Role role) const { return (roles & static_cast<std::uint8_t>(role)) != 0; }
    bool is_capture() const { return answer->GetDescriptor() == v1::Captured::descriptor(); }
};

/// Every command there is, in one order for ever.
std::span<const CommandInfo> commands();
/// The row of a command's message type; null when there is none.
const CommandInfo* find_command(const google::protobuf::Descriptor* type);

/// An event as doors show it: without its sealed part; the fact is empty when this build does not know
/// its kind.
v1::StoredEvent shown(const sync::Envelope& envelope);

/// The one table behind every door: a command is judged, turned into a fact and journalled; the
/// answer comes when the fact is on stable storage.
///
/// Refusals name the field at fault (`Error::field`) and what would do (`Error::allowed`):
/// malformed or out_of_range; forbidden for the caller's role; conflict for a command that
/// contradicts the workstation's state or a key used for something else. A command whose `source`
/// is set (role foreign_pos only) is never refused for its content: only for what cannot be decoded
/// and for card track data.
///
/// The same (caller, key) with the same command gives the first answer again, `replayed` set, also
/// when today's state would refuse it. Personal data takes no part in that comparison, because
/// a hash of it lying on the disk could be turned back into it.
///
/// Captures are ordered: one that is handed over after "day open" was sees the open day.
/// Thread: the loop's. The table must outlive the coroutines it made.
class CommandTable {
public:
    /// Restores the workstation's state from the journal. Fails with corrupt when that cannot be
    /// read and with malformed for a time zone the system does not know.
    static Result<std::unique_ptr<CommandTable>> open(Journal& journal, Clock& clock,
                                                      Random& random, WorkstationSettings settings);
    /// Who says how the link stands; until it is told, a status says nothing of it.
    void on_sync_state(std::function<v1::SyncState()> ask);
    /// Who finds customers, by a normalised identifier; until it is told, nobody is found.
    using FindCustomer =
        std::function<asio::awaitable<Result<v1::CustomerFound>>(v1::Identifier, bool offline)>;
    void on_find_customer(FindCustomer find);
    /// Who answers a question of this type, where the table does not.
    using Handler =
        std::function<asio::awaitable<Result<v1::Answer>>(const google::protobuf::Message&)>;
    void answer_with(const google::protobuf::Descriptor* question, Handler handler);
    /// Who opens drawers; until it is told, there are none.
    void on_counter(CounterDevices devices);
    /// From now on commands obey it (master_gate.hpp), and every sale names its version. It must outlive
    /// the table.
    void obey(MasterData& data);
    /// What changed while running, as master data does it. Fails with malformed for a time zone the system
    /// does not know; then nothing has changed.
    Result<void> reconfigure(WorkstationSettings settings);
    ~CommandTable();

    /// Runs the capture whose message type `command` has. `command` must live until it is done.
    asio::awaitable<Result<v1::Captured>> execute(Request request,
                                                  const google::protobuf::Message& command);

    /// Any row, captures and questions alike: what a door hands over and gives back. The key of a
    /// question is not looked at.
    asio::awaitable<Result<v1::Answer>> call(Request request,
                                             const google::protobuf::Message& command);

    /// What a scan says (scan_desk.hpp). Fails with unsupported for a payment card, whose data go nowhere.
    Result<v1::Scan> read_scan(v1::Scan scan);
    /// Stores that an article was scanned that the product list does not have: once a business day.
    asio::awaitable<void> journal_unknown(Request request, v1::Scan scan);

    /// Any role that reads. No I/O.
    Result<v1::Status> status(const Caller& caller) const;

    /// A page of events after `query.after`, oldest first, as shown() gives them.
    asio::awaitable<Result<v1::EventPage>> read_events(Caller caller, v1::ReadEvents query);

    /// How many captures came to what, and how long they took.
    void write_metrics(MetricsText& into) const;

private:
    struct Impl;
    explicit CommandTable(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace till
