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
class Centre final : public Machine, public Exchange {
public:
    Centre(Schedule& schedule, Book& book, Mutant mutant);
    ~Centre() override;

    void cut_connections(bool with_notice) override;
    void back_up();
    bool restore();

    WirePtr dial(const DeviceId& device) override;
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

    bool open_all() override;
    void run() override;
    Result<void> open_stores();

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
    void prune();
    void let_go(const sync::JournalRow& row);

    std::multimap<std::string, Projected> projected_by_key();
    bool is_branch(const Given& given);
    bool is_excepted(const Given& given);
    void check_chains();
    void check_requests();

    Book& book_;
    Mutant mutant_;
    sync::SeededRandom random_;
    SealingKeyPair sealing_;
    Bytes epoch_;
    bool renew_epoch_ = false;
    std::optional<SimDisk::Image> backup_;

    std::unique_ptr<sync::SqliteStore> store_, reading_;
    std::unique_ptr<sync::Vault> vault_;
    std::unique_ptr<sync::Projector> projector_;
    std::unique_ptr<sync::Queries> queries_;
    std::vector<SeatPtr> seats_;
    std::map<JournalId, sync::Mark> marks_;            // As last seen, of this epoch.
    std::map<JournalId, std::map<Seq, Digest>> gone_;  // What was ever let go of.
    std::vector<sync::Append> promised_;               // A mutant's.
};

}  // namespace till::sim
