#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/limits.hpp"
#include "agent/core/result.hpp"
#include "sync/session/uplink_session.hpp"
#include "sync/uplink/gateway_address.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace till::sync {

namespace asio = boost::asio;

class Link;

/// What the uplink needs of a journal; the program adapts the real one. Thread: the loop's.
class JournalSource {
public:
    virtual ~JournalSource() = default;

    struct Standing {
        Mark head;
        Seq acknowledged{0};
        Bytes store_epoch;  ///< Of the store that acknowledged; empty before the first.
        Seq noted{0};       ///< What that store's newest note goes up to.
        std::optional<NoteKey> note_key = {};  ///< Of the newest note, whichever store's.
    };
    virtual Standing standing() const = 0;  ///< No I/O.

    virtual asio::awaitable<Result<std::vector<Envelope>>> read(Seq from, std::size_t bytes_max,
                                                                std::size_t records_max) = 0;
    virtual asio::awaitable<Result<Digest>> hash_at(Seq seq) = 0;
    /// The last record that the journal has let go of.
    virtual asio::awaitable<Result<Seq>> kept_from() { co_return Seq{0}; }
    virtual asio::awaitable<Result<void>> acknowledge(Seq seq, Bytes store_epoch) = 0;
    /// Keeps a signed note of the centre's, once it has verified it. A source that keeps none, says so.
    virtual asio::awaitable<Result<void>> keep_note(KeptNote) {
        co_return Error{Errc::unsupported, "no notes are kept"};
    }
    /// Returns when the head is beyond `seq`; cancellable.
    virtual asio::awaitable<Result<void>> wait_beyond(Seq seq) = 0;
};

/// How the link stands, for status pages and telemetry.
struct LinkState {
    bool up = false;         ///< Welcomed by the centre and not yet lost.
    Times since;             ///< When `up` last changed.
    Seq mark{0};             ///< The centre has everything up to here.
    std::string last_error;  ///< Why the last connection ended or failed; empty while up.
    bool forbidden = false;  ///< The centre refused it: trying again will not help by itself.
    ClockOffset clock;       ///< The centre's clock seen from here, as of the last welcome.
    std::uint32_t sealing_key_id = 0;
};

/// What the owner of an uplink is asked and told. Calls come from the loop, between two steps of
/// the uplink; they must not destroy it.
class UplinkOwner {
public:
    virtual ~UplinkOwner() = default;

    /// The context for the next connection: the owner renews the certificate first where it has
    /// run out. An error is treated like a connection that failed.
    virtual asio::awaitable<Result<ClientContext>> context() = 0;
    /// The link is up. The centre's time now is the wall clock less `welcomed.clock.offset_ms`.
    virtual void on_welcomed(const UplinkSession::Welcomed& welcomed) = 0;
    /// The link went up or down, or is down for another reason: state() says.
    virtual void on_link_changed() {}
    /// This journal's chain is not the centre's: capture into a new journal from now on.
    virtual void on_forked(const Mark& centre) = 0;
    /// All of the forked journal is kept at the store of this epoch; run() returns after this.
    virtual void on_retired(const Bytes& store_epoch) = 0;
    virtual void on_totals_stored(std::string_view business_day, std::uint32_t amendment) = 0;
    virtual void on_noticed(std::string_view topic, std::uint64_t version) = 0;
    /// Answers a FeedRequest that was submitted.
    virtual void on_feed_page(const tillstream::v1::FeedPage&) {}
    /// Answers a CustomerQuestion that was submitted, while its link lasts.
    virtual void on_customer_answer(const tillstream::v1::CustomerAnswer&) {}
};

/// The agent's end of the sync: connects over mutual TLS and WebSocket, and keeps one journal's
/// records flowing to the centre. What to say is UplinkSession's; this only performs it.
///
/// Memory is constant whatever the backlog. Reading the next batch overlaps with writing the one
/// before. Thread: the loop's; the journal, owner and clock must outlive run().
class Uplink {
public:
    struct Options {
        GatewayAddress gateway;
        /// Who says hello. head, acknowledged and store_epoch are taken from the journal anew for
        /// each connection.
        UplinkSession::Options hello;
        std::uint64_t seed = 0;  ///< Of the back-off.
        std::chrono::milliseconds handshake_time = limits::handshake_time_max;  ///< For each step.
        std::string target = "/v1/sync";  ///< What is asked for; an administrator's differs.
    };

    Uplink(Options options, JournalSource& journal, UplinkOwner& owner, Clock& clock);
    ~Uplink();

    /// Runs until cancelled, then says goodbye (at most about a second); or until a forked journal
    /// was retired. Losing the centre is normal for a till: a log line and a pause.
    asio::awaitable<void> run();

    /// Sends a serialised DayTotals, Telemetry, FeedRequest or CustomerQuestion message. Dropped while the link is
    /// down: the owner of totals offers them again until on_totals_stored().
    void submit(UplinkSession::Submit::Kind kind, Bytes message);

    const LinkState& state() const noexcept { return state_; }

private:
    friend class Link;
    enum class Next : std::uint8_t { retry, finish };
    struct Ended {
        Next next = Next::retry;
        std::string why;
        std::chrono::milliseconds retry_after{0};
        bool refused = false;    ///< Nothing listens at the centre's port.
        bool forbidden = false;  ///< The centre will not have us.
    };
    asio::awaitable<Ended> connect_and_sync();
    void note_down(const Ended& ended);
    void note_up(bool up);

    Options options_;
    JournalSource& journal_;
    UplinkOwner& owner_;
    Clock& clock_;
    LinkState state_;
    Link* link_ = nullptr;  // The connection under way.
    bool welcomed_ = false;
    std::string reported_;  // The last failure that was logged aloud.
};

}  // namespace till::sync
