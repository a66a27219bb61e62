#pragma once

#include "agent/api/command_table.hpp"
#include "agent/journal/journal.hpp"
#include "agent/runtime/http.hpp"
#include "agent/runtime/metrics.hpp"

#include <boost/asio/awaitable.hpp>

#include <filesystem>
#include <functional>

namespace till {

/// For monitoring, at the loopback door and without a token: `/metrics` (Prometheus), `/healthz` (the
/// loop turns) and `/readyz` (a capture made now would be stored: 200, else 503 with the reason). Says
/// nothing about customers or money.
///
/// References must outlive it. Thread: the loop's.
class Monitor {
public:
    struct Parts {
        Journal& journal;
        const CommandTable& table;
        Clock& clock;
        std::filesystem::path home;
        std::uint64_t reserve_bytes = 0;
        std::function<v1::SyncState()> sync_state;
        std::function<void(MetricsText&)> peripherals;
    };
    explicit Monitor(Parts parts) : parts_{std::move(parts)} {}

    static bool is_for(const HttpRequest& request);
    asio::awaitable<HttpResponse> handle(HttpRequest request);

private:
    asio::awaitable<HttpResponse> metrics();
    asio::awaitable<HttpResponse> ready();

    Parts parts_;
};

}  // namespace till
