#pragma once

#include "sync/gateway/enrolment_desk.hpp"
#include "sync/gateway/projection_service.hpp"
#include "sync/gateway/sync_connection.hpp"

#include <map>
#include <mutex>
#include <string>

namespace till::sync {

/// What the centre knows of its devices right now: who is connected and what they last said of
/// themselves; and where their signed totals go. Every function may be called from any thread.
class Fleet final : public DeviceDesk {
public:
    Fleet(ProjectionService& projection, Clock& clock) : projection_{projection}, clock_{clock} {}

    asio::awaitable<Result<void>> keep_totals(Registry::Device device,
                                              GatewaySession::StoreTotals totals) override;
    void keep_telemetry(const DeviceId& device, Bytes telemetry) override;
    void greeted(const DeviceId& device, std::string agent_version) override;
    asio::awaitable<v1::CustomerAnswer> who_is(v1::CustomerQuestion question) override;
    void seen(const DeviceId& device, bool connected) override;

    bool is_connected(const DeviceId& device) const;
    std::size_t connected() const;
    std::string agent_version(const DeviceId& device) const;  ///< Empty until it came in.
    /// In use there, as its newest telemetry says; 0: none, or it has not said.
    std::uint64_t master_data_version(const DeviceId& device) const;
    std::uint64_t customers_version(const DeviceId& device) const;  ///< The same.
    std::uint64_t erasures_version(const DeviceId& device) const;   ///< The same.
    Bytes telemetry(
        const DeviceId& device) const;  ///< The newest, serialised; empty when none came.

private:
    struct State {
        int sessions = 0;
        Bytes telemetry;
        std::string agent_version;
    };
    ProjectionService& projection_;
    Clock& clock_;
    mutable std::mutex mutex_;
    std::map<DeviceId, State> devices_;
};

}  // namespace till::sync
