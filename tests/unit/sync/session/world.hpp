#pragma once

#include "sync/session/gateway_session.hpp"
#include "sync/session/uplink_session.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <vector>

namespace till::sync::test {

/// A journal as its device holds it.
struct DeviceJournal {
    JournalId id{Uuid{}};
    std::optional<JournalId> predecessor;
    std::vector<Envelope> records;
    std::vector<Digest> hashes;
    Seq acknowledged{0};
    Bytes epoch;
    bool forked = false;
    Bytes retired_at;  ///< The store epoch that keeps it as a branch; empty while none does.

    Digest hash_at(std::uint64_t seq) const;
    Mark head() const { return {Seq{records.size()}, hash_at(records.size())}; }
    void append(Envelope record);
};

/// A journal as the centre holds it; copied whole to make a backup.
struct CentreJournal {
    DeviceId device{Uuid{}};
    std::vector<Envelope> records;
    std::vector<Digest> hashes;
};
struct Centre {
    Bytes epoch;
    std::map<JournalId, CentreJournal> journals;
    std::map<JournalId, std::vector<Envelope>> branches;
};

/// A device, a centre and a network between them, all turned by one seed. A connection may be cut on
/// either side at any moment, so that the other side lives on half-open; work handed to a disk may
/// be lost with its process; the centre may be restored from a backup and the device's disk from an
/// older copy. What a session asserts is checked at once; what must hold at the end, by check().
class World {
public:
    explicit World(std::uint64_t seed);

    void capture(std::size_t bytes_max);
    void connect();
    void cut_device();
    void cut_gateway();
    void lose_all();  ///< Power is cut: every connection and all work in progress.
    void back_up() { backup_ = centre; }
    void fill_disk() { full_ = true; }  ///< The centre's, until settle().
    void restore_centre();
    void copy_disk() { disk_ = journals; }
    void restore_disk();
    void step();        ///< One random small thing happens.
    void misfortune();  ///< One random bad thing happens.
    void tick(std::uint64_t milliseconds);
    /// Nothing bad happens any more: runs until both sides rest; false when they do not.
    bool settle();
    std::optional<std::string> wrong() const;

    Centre centre;
    std::vector<DeviceJournal> journals;
    DeviceId device{Uuid{}};
    Bytes known_epoch;  ///< Of the store, as the device last heard.
    std::size_t acks = 0;
    std::size_t forks = 0;
    std::size_t overtaken = 0;
    std::size_t refused = 0;          ///< Commits that met a full disk.
    std::vector<std::string> broken;  ///< Promises not kept, as they happened.

private:
    struct Link {
        std::size_t journal = 0;
        std::optional<UplinkSession> uplink;
        std::optional<GatewaySession> gateway;
        std::deque<Bytes> up;
        std::deque<Bytes> down;
        std::deque<std::function<void()>> device_work;
        std::deque<std::function<void()>> gateway_work;
    };
    std::size_t below(std::size_t bound) { return engine_() % bound; }
    Bytes random_bytes(std::size_t count);
    Times device_now() const;
    Times centre_now() const;
    Link* live(std::size_t journal);
    void to_uplink(Link& link, UplinkSession::Event event);
    void to_gateway(Link& link, GatewaySession::Event event);
    void perform(Link& link, UplinkSession::Action action);
    void perform(Link& link, GatewaySession::Action action);
    void fork(Link& link);
    JournalRow bind(const JournalRow& hello);
    Result<Appended> commit(const Append& append);
    void keep(const GatewaySession::KeepBranch& branch);
    bool turn(Link& link);
    void drop_dead_links();

    std::mt19937_64 engine_;
    std::uint64_t now_ms_ = 1'000'000;
    std::vector<std::unique_ptr<Link>> links_;
    Centre backup_;
    std::vector<DeviceJournal> disk_;
    bool full_ = false;  // The centre's disk.
};

}  // namespace till::sync::test
