#pragma once

#include "sync/ledger/sqlite_store.hpp"
#include "sync/projection/projector.hpp"
#include "sync/projection/queries.hpp"
#include "sync/session/gateway_session.hpp"
#include "sync/vault/vault.hpp"
#include "tests/sim/till.hpp"
#include "tests/support/envelopes.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>

namespace till::sim {

/// The centre: the real sessions, ledger store, projection and vault over one simulated disk, in the
/// shell that sync/gateway is in the product: commits of many connections together, the projection
/// behind, restarts, a backup that comes back.
class Centre final : public Exchange {
public:
    Centre(Schedule& schedule, Book& book, Mutant mutant);
    ~Centre() override;

    void start();
    void fall(SimDisk::Fault how);
    void break_disk(SimDisk::Plan plan);
    void heal();
    void fill_disk();
    void back_up();
    bool restore();
    void cut_connections(bool with_notice);

    WirePtr dial(const DeviceId& device, const JournalId& journal) override;
    Bytes epoch() const override { return epoch_; }
    bool has(const JournalId& journal, Seq seq, const Digest& hash) override;

    bool is_projected() const;
    /// Marks and acknowledged events. Throws Broken.
    void check_marks();
    /// Every link of every chain, every answered capture, every figure of the tables.
    void check_all();

private:
    using Work = std::variant<sync::GatewaySession::Bind, sync::GatewaySession::Commit,
                              sync::GatewaySession::KeepBranch>;
    struct Seat {  // One connection.
        WirePtr wire;
        std::optional<sync::GatewaySession> session;
        std::deque<Work> work{};
    };
    using SeatPtr = std::shared_ptr<Seat>;
    struct Projected {
        JournalId journal{Uuid{}};
        Seq seq{0};
        std::int64_t gross = 0;
    };

    /// What the machine did not live to see happened to nobody.
    template <class F>
    auto on_disk(F f) -> std::optional<decltype(f())> {
        const auto life = disk_.life();
        auto result = f();
        if (disk_.life() == life && disk_.is_on()) return std::optional{std::move(result)};
        fell();
        return std::nullopt;
    }
    void later(std::uint64_t milliseconds, std::function<void()> what);
    void fell();
    Result<void> open_all();
    Times now() { return clock_.now(); }

    void serve();
    void tick();
    void feed(const SeatPtr& seat, sync::GatewaySession::Event event);
    void perform(const SeatPtr& seat, sync::GatewaySession::Action& action);
    void hang_up(const SeatPtr& seat, bool with_notice);
    void work_on(const SeatPtr& seat);
    void commit_together();
    void forget_marks(const std::vector<sync::Append>& appends);
    void project();
    void run_ahead();

    std::multimap<std::string, Projected> projected_by_key();
    bool is_branch(const Given& given);
    bool is_excepted(const Given& given);
    void check_chains();
    void check_requests();

    Schedule& schedule_;
    Book& book_;
    Mutant mutant_;
    SimDisk disk_;
    MachineClock clock_;
    sync::SeededRandom random_;
    SealingKeyPair sealing_;
    Bytes epoch_;
    bool renew_epoch_ = false;
    std::optional<SimDisk::Image> backup_;

    bool running_ = false;
    std::uint64_t run_ = 0;
    std::unique_ptr<sync::SqliteStore> store_, reading_;
    std::unique_ptr<sync::Vault> vault_;
    std::unique_ptr<sync::Projector> projector_;
    std::unique_ptr<sync::Queries> queries_;
    std::vector<SeatPtr> seats_;
    std::map<JournalId, sync::Mark> marks_;  // As last seen, of this epoch.
    std::vector<sync::Append> promised_;     // A mutant's.
};

}  // namespace till::sim
