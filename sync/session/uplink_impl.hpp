#pragma once

#include "sync/session/frames.hpp"
#include "sync/session/uplink_session.hpp"
#include "sync/wire/compression.hpp"

#include <deque>
#include <span>

// Private to the module: the uplink session, shared by its two source files.
namespace till::sync {

struct UplinkSession::Impl {
    enum class Step : std::uint8_t {
        idle,       ///< Not connected.
        greeted,    ///< Hello sent.
        checking,   ///< The journal's own hash at the centre's mark is being read.
        streaming,  ///< Batches and acks.
        rooting,    ///< Forked: the hash that the branch begins after is being read.
        branching,  ///< Forked: handing over what the centre lacks.
        over,
    };
    /// A batch sent and not acknowledged.
    struct InFlight {
        Mark end;
        std::size_t raw_bytes;
    };

    explicit Impl(Options from) : options{std::move(from)} {
        if (options.head.seq == Seq{0}) options.head.hash = genesis_hash();
    }

    Options options;  ///< `head` moves with Grown.
    Actions out;
    Step step = Step::idle;
    Times now;
    Times greeted;
    Times heard;  ///< When anything last came in.
    Times hold_since;
    std::chrono::milliseconds hold{0};
    Bytes epoch;  ///< Of the store that welcomed us.
    Codec codec = codec_stored;
    Mark centre;  ///< What the welcome (or a Fork) named.
    Mark acked;   ///< Committed, or of a branch kept, up to here.
    Mark sent;
    std::deque<InFlight> in_flight;
    std::size_t in_flight_bytes = 0;
    std::uint64_t spent = 0;      ///< Raw bytes sent since the welcome.
    std::uint64_t credit = 0;     ///< What `spent` may come to.
    std::size_t room_needed = 0;  ///< The next record waits for so much room; 0: unknown.
    std::optional<Seq> reading;   ///< Where the read under way begins.
    Seq root{0};                  ///< What a branch is handed over from.

    // Events (uplink_session.cpp).
    void take(const Connected&);
    void take(const Received&);
    void take(const Grown&);
    void take(const HashRead&);
    void take(const Submit&);
    void take(const Stop&);
    void take(const Tick&);

    // Frames of the handshake and of the connection (uplink_session.cpp).
    void take(const v1::Frame&);
    void take_streamed(const v1::Frame&);
    void take(const v1::Welcome&);
    void take(const v1::Hold&);
    void take(const v1::Bye&);
    void take(const v1::Note&);

    // Sending and being answered (uplink_batches.cpp).
    void take(const RecordsRead&);
    void take(const v1::Ack&);
    void take(const v1::Resend&);
    void take(const v1::Fork&);
    void start(Step streaming_or_branching, const Mark& from);
    void start_fork(const Mark& theirs);
    bool settle(Seq mark);
    void progress(Seq upto);
    void read_more();
    void send_batch(std::span<const Envelope> records);
    Mark end_of(std::span<const Envelope> records) const;
    std::size_t room() const;

    Digest genesis_hash() const;
    bool is_up() const { return step == Step::streaming || step == Step::branching; }
    /// The centre knows this journal, though its hash at the mark may still be being read.
    bool is_welcomed() const { return step > Step::greeted && step < Step::over; }
    bool is_held() const;
    void compare_at_mark(const Digest& own);
    void hang_up(Reason reason, std::string detail);
    void end(Reason reason, std::string detail, std::chrono::milliseconds retry_after);
};

}  // namespace till::sync
