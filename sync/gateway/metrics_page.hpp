#pragma once

#include "agent/runtime/http.hpp"
#include "sync/gateway/crm_service.hpp"
#include "sync/gateway/fleet.hpp"
#include "sync/gateway/projection_service.hpp"
#include "sync/ledger/ledger.hpp"

#include <boost/asio/awaitable.hpp>

namespace till::sync {

/// For monitoring, on a plain port of its own that only that should reach: `/metrics` (Prometheus),
/// `/healthz` (the loop turns) and `/readyz` (devices' events are being stored: 200, else 503 with the
/// reason). Says nothing about customers or money. Callable from any loop.
class MetricsPage {
public:
    MetricsPage(Ledger& ledger, Fleet& fleet, ProjectionService& projection, CrmService& crm,
                Clock& clock)
        : ledger_{ledger}, fleet_{fleet}, projection_{projection}, crm_{crm}, clock_{clock} {}

    asio::awaitable<till::HttpResponse> handle(till::HttpRequest request);

private:
    asio::awaitable<till::HttpResponse> metrics();
    asio::awaitable<till::HttpResponse> ready();

    Ledger& ledger_;
    Fleet& fleet_;
    ProjectionService& projection_;
    CrmService& crm_;
    Clock& clock_;
};

}  // namespace till::sync
