#pragma once

#include "agent/daemon/device_identity.hpp"
#include "agent/daemon/journals.hpp"
#include "agent/runtime/task_group.hpp"

namespace till {

/// A journal that was written before the current one and is not yet known to the centre whole: the
/// rest of a forked one. It is handed over beside the current journal's link, and then it is done.
class Leftover final : private sync::UplinkOwner {
public:
    Leftover(asio::any_io_executor executor, OpenJournal journal, DeviceIdentity& identity,
             Clock& clock, std::uint64_t seed);

    /// Runs until the journal is handed over, or cancelled.
    asio::awaitable<void> run();

private:
    asio::awaitable<Result<sync::ClientContext>> context() override { return identity_.context(); }
    void on_welcomed(const sync::UplinkSession::Welcomed&) override {}
    void on_forked(const sync::Mark&) override {}  // Known: that is why it is left over.
    void on_totals_stored(std::string_view, std::uint32_t) override {}
    void on_noticed(std::string_view, std::uint64_t) override {}

    DeviceIdentity& identity_;
    Journal journal_;
    JournalPort port_;
    sync::Uplink uplink_;
    TaskGroup children_;
    asio::steady_timer acknowledged_;  // Never expires; cancelled by each acknowledgement.
};

}  // namespace till
