#pragma once

#include "sync/gateway/auditor.hpp"
#include "sync/gateway/fleet.hpp"
#include "sync/gateway/http.hpp"

#include <cstdint>
#include <string>

namespace till::sync {

/// What administrators may ask and order, under /admin/v1/: JSON in, JSON or problem+json out.
/// Every order is logged with the administrator's name. Callable from any loop.
class AdminApi {
public:
    AdminApi(Ledger& ledger, EnrolmentDesk& enrolment, Fleet& fleet, ProjectionService& projection,
             Auditor& auditor, std::uint16_t port)
        : ledger_{ledger},
          enrolment_{enrolment},
          fleet_{fleet},
          projection_{projection},
          auditor_{auditor},
          port_{port} {}

    asio::awaitable<HttpResponse> handle(HttpRequest request, std::string administrator);

private:
    asio::awaitable<HttpResponse> status(const HttpRequest& request);
    asio::awaitable<HttpResponse> ledger(const HttpRequest& request);
    asio::awaitable<HttpResponse> events(const HttpRequest& request);
    asio::awaitable<HttpResponse> transactions(const HttpRequest& request);
    asio::awaitable<HttpResponse> reconciliation(const HttpRequest& request);
    asio::awaitable<HttpResponse> exceptions(const HttpRequest& request);
    asio::awaitable<HttpResponse> find_customer(const HttpRequest& request);
    asio::awaitable<HttpResponse> new_code(const HttpRequest& request,
                                           const std::string& administrator);
    asio::awaitable<HttpResponse> codes(const HttpRequest& request);
    asio::awaitable<HttpResponse> devices(const HttpRequest& request);
    asio::awaitable<HttpResponse> revoke(const HttpRequest& request,
                                         const std::string& administrator);
    asio::awaitable<Result<std::vector<JournalState>>> journals();

    Ledger& ledger_;
    EnrolmentDesk& enrolment_;
    Fleet& fleet_;
    ProjectionService& projection_;
    Auditor& auditor_;
    std::uint16_t port_;
};

}  // namespace till::sync
