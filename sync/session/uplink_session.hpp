#pragma once

#include "agent/core/result.hpp"
#include "sync/session/exchange.hpp"
#include "sync/wire/append.hpp"
#include "sync/wire/frames.pb.h"
#include "sync/wire/note.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace till::sync {

/// The device's end of one connection, for one journal: hello, welcome, batches, acks. Make a new
/// one for each connection; nothing carries over but what the journal itself remembers.
///
/// Promises: at most one read is under way; at most limits::window_bytes (and never more than the
/// centre's credit) is sent and not acknowledged; it holds no records, so memory does not depend on
/// the backlog; a record captured while nothing waits goes out by itself, at once.
///
/// Thread: none; call from one place at a time. Cost: encoding and compressing one batch.
class UplinkSession {
public:
    struct Options {
        JournalId journal{Uuid{}};
        DeviceId device{Uuid{}};
        std::optional<JournalId> predecessor;
        Generation generation{1};
        std::string store, workstation, agent_version;
        Mark head;            ///< The journal's head now.
        Seq acknowledged{0};  ///< What the journal remembers of the centre …
        Bytes store_epoch;    ///< … and which store said so; empty before the first ack.
        Seq kept_from{0};  ///< What the journal let go of; a centre that lacks it cannot have it.
        Seq noted{0};      ///< What that store's newest note goes up to.
        std::optional<NoteKey> note_key = {};  ///< Of the newest note, whichever store's.
    };

    // Events.
    struct Connected {  ///< The WebSocket is open. Comes first, once.
        Times now;
    };
    /// The journal has grown to here. Calls may be merged; the last counts.
    struct Grown {
        Mark head;
        Times now;
    };
    /// Answers ReadRecords: the envelopes after `from`, in order, or the error.
    struct RecordsRead {
        Result<std::vector<Envelope>> records;
        Times now;
    };
    /// Answers ReadHash.
    struct HashRead {
        Result<Digest> hash;
        Times now;
    };
    /// A serialised message of frames.proto to send; dropped before the welcome.
    struct Submit {
        enum class Kind : std::uint8_t { totals, telemetry, feed_request, customer_question } kind;
        Bytes message;
        Times now;
    };
    /// The agent is stopping: say goodbye.
    struct Stop {
        Times now;
    };
    using Event =
        std::variant<Connected, Received, Grown, RecordsRead, HashRead, Submit, Stop, Tick>;

    // Actions (and Send, Hangup).
    /// Read envelopes after `from`: Journal::read(). Answer with RecordsRead.
    struct ReadRecords {
        Seq from{0};
        std::size_t bytes_max = 0;
        std::size_t records_max = 0;
    };
    /// Read the chain hash at `at`: Journal::hash_at(). Answer with HashRead.
    struct ReadHash {
        Seq at{0};
    };
    /// The centre has everything up to `seq`: Journal::acknowledge(). May go back when, and only
    /// when, `store_epoch` is new. Losing one is harmless.
    struct Acknowledge {
        Seq seq{0};
        Bytes store_epoch;
    };
    /// The welcome has come: the link is up and this is what the centre asked for.
    struct Welcomed {
        Bytes store_epoch;
        Seq mark{0};  ///< What the centre has of this journal.
        std::uint32_t sealing_key_id = 0;
        std::chrono::milliseconds backup_age{0};  ///< Keep acknowledged records at least so long.
        ClockOffset clock;                        ///< The centre's clock seen from here.
    };
    /// This journal's chain is not the centre's, or the centre lost what the device let go of. Open a new
    /// journal that names it as predecessor, at once; this session goes on to hand over what the centre
    /// lacks of the old one.
    struct Forked {
        Mark centre;
    };
    /// All of the forked journal is kept at the centre's store of this epoch: do not connect it again
    /// unless a welcome (of any journal) names another epoch, because then the branch may be lost.
    /// A Hangup follows. A connection lost before this is made again; the journal forks again.
    struct Retired {
        Bytes store_epoch;
    };
    struct TotalsStored {
        std::string business_day;
        std::uint32_t amendment = 0;
    };
    /// Something changed at the centre; fetch it.
    struct Noticed {
        std::string topic;
        std::uint64_t version = 0;
    };
    struct FeedCame {  ///< Answers a FeedRequest; nothing of it was checked.
        tillstream::v1::FeedPage page;
    };
    struct CustomerAnswered {  ///< The same, of a CustomerQuestion.
        tillstream::v1::CustomerAnswer answer;
    };
    /// A signed note of what the centre holds of this journal. Nothing of it is verified but that it
    /// names this journal and the store that welcomed us: the shell does that, and keeps it.
    struct Noted {
        KeptNote kept;
    };
    using Action = std::variant<Send, Hangup, ReadRecords, ReadHash, Acknowledge, Welcomed, Forked,
                                Retired, TotalsStored, Noticed, FeedCame, CustomerAnswered, Noted>;
    using Actions = std::vector<Action>;

    explicit UplinkSession(Options options);
    UplinkSession(UplinkSession&&) noexcept;
    ~UplinkSession();

    /// Never fails and never throws: what is wrong ends in a Hangup.
    Actions on(Event event);

    /// True from the welcome to the hang-up: the shell resets its back-off on it.
    bool is_up() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace till::sync
