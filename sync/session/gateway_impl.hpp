#pragma once

#include "agent/core/limits.hpp"
#include "sync/session/clock_estimate.hpp"
#include "sync/session/frames.hpp"
#include "sync/session/gateway_session.hpp"
#include "sync/wire/compression.hpp"

#include <deque>
#include <optional>
#include <utility>

// Private to the module: the gateway session, shared by its two source files.
namespace till::sync {

struct GatewaySession::Impl {
    enum class Step : std::uint8_t { waiting, binding, open, forked, over };
    /// A batch handed to the shell: what it occupies, and where it ends.
    struct Pending {
        std::size_t raw_bytes;
        Mark end;
    };

    explicit Impl(Options from) : options{std::move(from)}, now{options.accepted}, heard{now} {}

    Options options;
    Actions out;
    Step step = Step::waiting;
    Times now;
    Times heard;
    std::uint32_t stream = 0;
    Codec codec = codec_stored;
    JournalId journal{Uuid{}};
    Mark verified;   ///< Where the next batch must begin.
    Mark committed;  ///< What is stored.
    bool knows_note_key = false;
    Seq noted{0};  ///< What the device's newest note goes up to.
    std::optional<Times> note_sent;
    std::deque<Pending> committing;
    std::deque<Pending> keeping;
    std::deque<std::pair<std::string, std::uint32_t>> storing_totals;
    std::size_t reading_feeds = 0, asking = 0;  ///< Under way.
    std::size_t pending_bytes = 0;
    std::uint64_t received = 0;  ///< Raw bytes of batches since the welcome.
    std::uint64_t granted = 0;   ///< What the device was told it may send.
    bool resending = false;      ///< A gap was answered; what comes before the resend is ignored.
    std::size_t in_vain = 0;     ///< The oldest commits under way, which follow on one that failed.
    std::chrono::milliseconds held{0};  ///< How long the device was last told to hold.
    std::uint64_t ping_id = 0;
    Times last_ping;
    std::optional<Times> pinged;  ///< The ping not yet answered.
    ClockEstimate clock;

    void hang_up(Reason reason, std::string detail, std::chrono::milliseconds retry_after = {});
    v1::Frame frame() const;
    void ping();
    std::uint64_t grantable() const { return received - pending_bytes + limits::window_bytes; }
    void tell_credit();
    std::optional<Pending> release(std::deque<Pending>& queue);
    void tell_fork(std::uint64_t kept);
    void tell_hold(const std::string& reason, std::chrono::milliseconds retry_after);
    void hold(const Error& why);
    void send_note_when_due();

    void take(const Received&);
    void take(const Bound&);
    void take(const Committed&);
    void take(const BranchKept&);
    void take(const TotalsKept&);
    void take(const FeedRead&);
    void take(const CustomerAnswered&);
    void take(const Notify&);
    void take(const Overloaded&);
    void take(const Dismiss&);
    void take(const Tick&);

    void take(const v1::Frame&);
    void take(const v1::Hello&, std::uint32_t on_stream);
    void take(const v1::Batch&);
    void take_next(const v1::Batch&);
    void take_branch(const v1::Batch&);
    void take(const v1::DayTotals&);
    void take(const v1::Telemetry&);
    void take(const v1::FeedRequest&);
    void take(const v1::CustomerQuestion&);
    void take(const v1::Pong&);
};

/// How a failure to take a frame is named to the peer.
Reason reason_for(const Error& error);

}  // namespace till::sync
