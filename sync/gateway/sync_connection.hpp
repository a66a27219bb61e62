#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"
#include "sync/gateway/feed_desk.hpp"
#include "sync/gateway/http.hpp"
#include "sync/gateway/registry.hpp"
#include "sync/session/gateway_session.hpp"
#include "sync/tls/tls_stream.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>

namespace till::sync {

class Ledger;

/// What a device's signed totals and telemetry are given to. Callable from any loop.
class DeviceDesk {
public:
    virtual ~DeviceDesk() = default;
    /// Verifies the signature with the device's certificate and keeps the figures.
    virtual asio::awaitable<Result<void>> keep_totals(Registry::Device device,
                                                      GatewaySession::StoreTotals totals) = 0;
    virtual void keep_telemetry(const DeviceId& device, Bytes telemetry) = 0;
    /// What it runs, as it says.
    virtual void greeted(const DeviceId& device, std::string agent_version) = 0;
    /// Who that is: asked for a clerk who waits.
    virtual asio::awaitable<tillstream::v1::CustomerAnswer> who_is(
        tillstream::v1::CustomerQuestion question) = 0;
    /// Connected, or not any more.
    virtual void seen(const DeviceId& device, bool connected) = 0;
};

/// One device's session: a GatewaySession, the WebSocket that carries it and the ledger behind it.
struct SyncConnection {
    Ledger& ledger;
    DeviceDesk& desk;
    FeedDesk& feeds;
    Clock& clock;
    Registry::Device device;
    std::uint32_t sealing_key_id = 0;
    std::chrono::milliseconds backup_age{0};
    std::shared_ptr<const NoteSigner> notes;
    Times accepted;
    std::function<bool()> revoked;  ///< Asked every few seconds.

    /// Upgrades the connection with `upgrade`, the request that was read and runs until either side
    /// ends it. Never throws; how it ended is for the log. Cancellable.
    asio::awaitable<Result<void>> run(TlsStream stream, HttpRequest upgrade);
};

}  // namespace till::sync
