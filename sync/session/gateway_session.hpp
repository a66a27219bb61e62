#pragma once

#include "agent/core/result.hpp"
#include "sync/session/exchange.hpp"
#include "sync/wire/append.hpp"
#include "sync/wire/frames.pb.h"
#include "sync/wire/note.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace till::sync {

/// The centre's end of one connection. Verifies who is there, that nothing is missing and that the
/// chain holds; asks its shell to commit; acknowledges after the commit and never before.
///
/// Several commits may be under way; perform them in the order given (they may share one
/// transaction). Content is not judged here, so no content can block a till.
///
/// Thread: none; call from one place at a time. Cost: decoding one batch, two hashes a record.
class GatewaySession {
public:
    struct Options {
        DeviceId peer{Uuid{}};  ///< Subject of the certificate that the TLS handshake verified.
        Bytes store_epoch;      ///< Store::epoch(), read after the connection was accepted.
        std::uint32_t sealing_key_id = 0;
        std::chrono::milliseconds backup_age{0};
        Times accepted;  ///< When the connection was accepted: before the device's hello.
        std::shared_ptr<const NoteSigner> notes = {};  ///< Without one, no notes are sent.
    };

    // Events (and Received, Tick).
    /// Answers Bind.
    struct Bound {
        Result<JournalRow> row;
        Times now;
    };
    /// Answers the oldest unanswered Commit. disk_full, io and busy: nothing of it was stored; the
    /// device is told to hold, and sends again. Another failure ends the session.
    struct Committed {
        Result<Appended> appended;
        Times now;
    };
    /// Answers the oldest unanswered KeepBranch.
    struct BranchKept {
        Result<std::uint32_t> branch;
        Times now;
    };
    /// Answers the oldest unanswered StoreTotals.
    struct TotalsKept {
        Result<void> kept;
        Times now;
    };
    /// Answers any ReadFeed. An error is not answered: the device asks again.
    struct FeedRead {
        Result<tillstream::v1::FeedPage> page;
        Times now;
    };
    /// Answers any AskCustomer.
    struct CustomerAnswered {
        tillstream::v1::CustomerAnswer answer;
        Times now;
    };
    /// Tell the device that something changed.
    struct Notify {
        std::string topic;
        std::uint64_t version = 0;
        Times now;
    };
    /// The centre is overloaded: ask the device to wait. What it sent already is still taken.
    struct Overloaded {
        std::string reason;
        std::chrono::milliseconds retry_after{0};
        Times now;
    };
    /// End the session: shutting down, or the certificate was revoked.
    struct Dismiss {
        Reason reason = Reason::done;
        std::string detail;
        std::chrono::milliseconds retry_after{0};
        Times now;
    };
    using Event = std::variant<Received, Bound, Committed, BranchKept, TotalsKept, FeedRead,
                               CustomerAnswered, Notify, Overloaded, Dismiss, Tick>;

    // Actions (and Send, Hangup).
    /// Store::bind().
    struct Bind {
        JournalRow first_hello;
    };
    /// Store::commit() with this among its appends.
    struct Commit {
        Append append;
    };
    /// Store::keep_branch().
    struct KeepBranch {
        JournalId journal{Uuid{}};
        Mark fork_point;  ///< The chain before the first envelope, as the device has it.
        std::vector<Envelope> envelopes;
        std::int64_t received_ms = 0;
    };
    /// Keep a device's figures of one day (frames.proto DayFigures, parsed enough to be a key).
    struct StoreTotals {
        JournalId journal{Uuid{}};
        std::string business_day;
        std::uint32_t amendment = 0;
        Bytes figures;    ///< Verbatim, as signed.
        Bytes signature;  ///< Not yet verified: the shell knows the device's key.
    };
    /// A serialised Telemetry message of frames.proto, checked to be one.
    struct KeepTelemetry {
        Bytes telemetry;
    };
    /// A page of a feed, for this device.
    struct ReadFeed {
        tillstream::v1::FeedRequest request;
    };
    /// Who is that?
    struct AskCustomer {
        tillstream::v1::CustomerQuestion question;
    };
    /// What the device says it runs: at most 64 printable bytes.
    struct Greeted {
        std::string agent_version;
    };
    using Action = std::variant<Send, Hangup, Greeted, Bind, Commit, KeepBranch, StoreTotals,
                                KeepTelemetry, ReadFeed, AskCustomer>;
    using Actions = std::vector<Action>;

    explicit GatewaySession(Options options);
    GatewaySession(GatewaySession&&) noexcept;
    ~GatewaySession();

    /// Never fails and never throws: what is wrong ends in a Bye and a Hangup. Answers to actions
    /// that come after the hang-up are taken and ignored.
    Actions on(Event event);

    /// The device's clock as last measured.
    ClockOffset clock() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace till::sync
