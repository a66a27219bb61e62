#pragma once

#include "agent/api/command_table.hpp"
#include "agent/api/feed.hpp"
#include "agent/api/zmq_server.hpp"
#include "agent/capture/file_drop.hpp"
#include "agent/daemon/believed_clock.hpp"
#include "agent/daemon/customer_finder.hpp"
#include "agent/daemon/day_reporter.hpp"
#include "agent/daemon/device_identity.hpp"
#include "agent/daemon/drop_sink.hpp"
#include "agent/daemon/erasures.hpp"
#include "agent/daemon/feed_keeper.hpp"
#include "agent/daemon/front_door.hpp"
#include "agent/daemon/home.hpp"
#include "agent/daemon/journals.hpp"
#include "agent/daemon/leftover.hpp"
#include "agent/daemon/master_overlay.hpp"
#include "agent/daemon/monitor.hpp"
#include "agent/daemon/peripherals.hpp"
#include "agent/daemon/set_aside.hpp"
#include "agent/daemon/settings.hpp"
#include "agent/runtime/task_group.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace till {

/// Everything that runs on a device, for as long as one journal is written to. Opening it is
/// wiring.cpp, top to bottom; this is what it does while it runs.
///
/// Thread: the loop's; the journal adds one thread of its own.
class Agent final : public sync::UplinkOwner {
public:
    /// What the program gives to an agent; all of it outlives the agent.
    struct World {
        asio::any_io_executor executor;
        Home& home;
        const AgentSettings& settings;
        Clock& clock;
        Random& random;
        FrontDoor& door;  ///< Opened while an agent runs.
        ZmqServer* zmq;   ///< Where the feed is published; null: nowhere.
    };

    /// Fails as the parts do: corrupt, forbidden, io, malformed, out_of_range, each with a detail
    /// that names the file or setting. Nothing that exists is overwritten.
    static Result<std::unique_ptr<Agent>> open(const World& world);
    ~Agent();

    /// Why run() returned.
    struct Ending {
        bool again = false;  ///< Open a new Agent: the journal or the keys are others now.
        Bytes state;         ///< Of the workstation, for a journal that begins empty.
    };
    /// Runs until cancelled (within two seconds), or until a new Agent must take over.
    asio::awaitable<Result<Ending>> run(Bytes earlier_state);

private:
    explicit Agent(const World& world);
    Result<void> open_doors();
    Result<void> open_file_drops();
    void open_peripherals();
    asio::awaitable<Result<v1::Answer>> order(v1::TellDevice command);
    asio::awaitable<Result<v1::Answer>> show(v1::ShowOnDisplay what);

    asio::awaitable<Result<sync::ClientContext>> context() override;
    void on_link_changed() override { feed_->changed("sync"); }
    void on_welcomed(const sync::UplinkSession::Welcomed& welcomed) override;
    void on_forked(const sync::Mark& centre) override;
    void on_retired(const Bytes& store_epoch) override;
    void on_totals_stored(std::string_view business_day, std::uint32_t amendment) override;
    void on_noticed(std::string_view topic, std::uint64_t version) override;
    void on_feed_page(const v1::FeedPage& page) override;
    void on_customer_answer(const v1::CustomerAnswer& answer) override;

    void open_master_data();
    void open_customers();
    void open_erasures();
    asio::awaitable<void> obey_erasures();
    void report_soon();
    void forget_old_customers();
    bool submit_question(Bytes question);
    void ask_for_feed(Bytes request);
    WorkstationSettings register_settings() const;
    void on_master_data();
    v1::SyncState sync_state() const;
    asio::awaitable<void> publish_feed(ZmqServer& to);
    asio::awaitable<void> report_now_and_then();
    asio::awaitable<void> let_go_of_old_events();
    asio::awaitable<void> fetch_keys();
    asio::awaitable<void> watch_journal();
    asio::awaitable<void> record_drawer(v1::RecordDrawer fact);
    asio::awaitable<void> carry_over(Bytes earlier_state);
    void hand_over_older_journals(const Bytes& store_epoch);
    void end(Ending ending);

    World world_;
    Times started_;
    std::unique_ptr<DeviceIdentity> identity_;
    std::unique_ptr<BelievedClock> believed_clock_;
    std::unique_ptr<Journal> journal_;
    std::vector<std::filesystem::path> earlier_journals_;
    std::optional<Currency> currency_;  // Of the store, as this agent began with.
    Bytes earlier_state_;  // Of the workstation in the journal before, when this one is empty.
    std::unique_ptr<MasterData> master_;        // None when there is no room for it.
    std::unique_ptr<CustomerCache> customers_;  // The same.
    std::unique_ptr<CustomerFinder> customer_finder_;
    std::unique_ptr<Erasures> erasures_;  // The same.
    std::vector<std::unique_ptr<FeedKeeper>> feed_keepers_;
    std::unique_ptr<CommandTable> table_;
    std::unique_ptr<JournalPort> port_;
    std::unique_ptr<sync::Uplink> uplink_;  // None when the settings say so.
    std::unique_ptr<DayReporter> reporter_;
    std::vector<std::unique_ptr<Leftover>> leftovers_;
    std::chrono::milliseconds backup_age_{0};  // What the centre asks to keep events for.
    std::optional<Bytes> handed_over_to_;  // Epoch of the store that older journals are offered to.
    Tokens tokens_;
    std::unique_ptr<Feed> feed_;
    std::unique_ptr<Monitor> monitor_;
    std::unique_ptr<HttpDoor> http_door_;
    std::unique_ptr<CallDoor> call_door_;
    std::unique_ptr<DropSink> drop_sink_;
    Secret drop_key_;
    std::vector<std::unique_ptr<FileDrop>> drops_;
    std::unique_ptr<Peripherals> peripherals_;
    TaskGroup children_;
    std::optional<Ending> ending_;
    asio::steady_timer ended_;      // Never expires; cancelled when there is an ending.
    asio::steady_timer reporting_;  // Until the next telemetry; cancelled when one is due at once.
    bool report_due_ = false;
};

}  // namespace till
