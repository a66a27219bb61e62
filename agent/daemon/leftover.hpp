#pragma once

#include "agent/daemon/device_identity.hpp"
#include "agent/daemon/journals.hpp"
#include "agent/runtime/task_group.hpp"

namespace till {

/// A journal that was written before the current one and is not yet known to the centre whole: the
/// rest of a forked one. It is handed over beside the current journal's link, and then it is done,
/// unless the centre is one day restored from a backup.
class Leftover final : public sync::UplinkOwner {
public:
    Leftover(asio::any_io_executor executor, OpenJournal journal, Home& home,
             DeviceIdentity& identity, Bytes store_epoch, Clock& clock, std::uint64_t seed);

    JournalId journal() const { return journal_.identity().journal; }

    /// Runs until the journal is handed over, or cancelled.
    asio::awaitable<void> run();

private:
    asio::awaitable<Result<sync::ClientContext>> context() override { return identity_.context(); }
    void on_welcomed(const sync::UplinkSession::Welcomed&) override {}
    void on_forked(const sync::Mark&) override {}  // Known: that is why it is left over.
    void on_retired(const Bytes& store_epoch) override;
    void on_totals_stored(std::string_view, std::uint32_t) override {}
    bool is_done() const;
    void on_noticed(std::string_view, std::uint64_t) override {}

    Home& home_;
    DeviceIdentity& identity_;
    Journal journal_;
    JournalPort port_;
    sync::Uplink uplink_;
    TaskGroup children_;
    Bytes store_epoch_;  // Of the store it is handed over to.
    bool retired_ = false;
    asio::steady_timer changed_;  // Never expires; cancelled by news from the centre.
};

}  // namespace till
