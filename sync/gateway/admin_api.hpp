#pragma once

#include "sync/gateway/admin_openapi.hpp"
#include "sync/gateway/auditor.hpp"
#include "sync/gateway/centre_journal.hpp"
#include "sync/gateway/crm_service.hpp"
#include "sync/gateway/feed_desk.hpp"
#include "sync/gateway/fleet.hpp"
#include "sync/gateway/http.hpp"
#include "sync/wire/note.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace till::sync {

/// What administrators may ask and order, under /admin/v1/: JSON in, JSON or problem+json out.
/// Every order is logged with the administrator's name. /admin/v1/openapi.json describes it. A query
/// parameter that a row does not have is refused. Callable from any loop.
class AdminApi {
public:
    AdminApi(Ledger& ledger, EnrolmentDesk& enrolment, Fleet& fleet, ProjectionService& projection,
             FeedDesk& feeds, CrmService& crm, CentreJournal& own, const NoteSigner& signer,
             Auditor& auditor, Clock& clock, std::uint16_t port)
        : ledger_{ledger},
          enrolment_{enrolment},
          fleet_{fleet},
          projection_{projection},
          feeds_{feeds},
          crm_{crm},
          own_{own},
          signer_{signer},
          auditor_{auditor},
          clock_{clock},
          port_{port} {}

    asio::awaitable<HttpResponse> handle(HttpRequest request, std::string administrator);

private:
    /// Each is asked with the name of who asks.
    using Asked = const HttpRequest&;
    using Name = const std::string&;
    /// One row of the API: what it is called, what it takes, and what it does.
    struct Row {
        AdminRoute route;
        asio::awaitable<HttpResponse> (AdminApi::*does)(Asked, Name);
    };
    static std::span<const Row> rows();
    static Result<void> check_query(const Row& row, const HttpRequest& request);

    asio::awaitable<HttpResponse> status(Asked request, Name);
    asio::awaitable<HttpResponse> ledger(Asked request, Name);
    asio::awaitable<HttpResponse> events(Asked request, Name);
    asio::awaitable<HttpResponse> transactions(Asked request, Name);
    asio::awaitable<HttpResponse> reconciliation(Asked request, Name);
    asio::awaitable<HttpResponse> exceptions(Asked request, Name);
    asio::awaitable<HttpResponse> exception(Asked request, Name);
    asio::awaitable<HttpResponse> close_exception(Asked request, Name administrator);
    asio::awaitable<HttpResponse> correct_exception(Asked request, Name administrator);
    asio::awaitable<HttpResponse> find_customer(Asked request, Name);
    asio::awaitable<HttpResponse> duplicates(Asked request, Name);
    asio::awaitable<HttpResponse> merge(Asked request, Name administrator);
    asio::awaitable<HttpResponse> separate(Asked request, Name administrator);
    asio::awaitable<HttpResponse> unite(Asked request, Name administrator, bool merge);
    asio::awaitable<HttpResponse> import_customers(Asked request, Name administrator);
    asio::awaitable<HttpResponse> export_person(Asked request, Name administrator);
    asio::awaitable<HttpResponse> erase_person(Asked request, Name administrator);
    asio::awaitable<HttpResponse> erasure(Asked request, Name);
    asio::awaitable<HttpResponse> retention_report(Asked request, Name);
    asio::awaitable<Result<boost::json::object>> erasure_report(CustomerId customer);
    HttpResponse signed_answer(Asked request, const boost::json::object& report) const;
    asio::awaitable<HttpResponse> new_code(Asked request, Name administrator);
    asio::awaitable<HttpResponse> codes(Asked request, Name);
    asio::awaitable<HttpResponse> devices(Asked request, Name);
    asio::awaitable<HttpResponse> revoke(Asked request, Name administrator);
    asio::awaitable<HttpResponse> master_data(Asked request, Name);
    asio::awaitable<HttpResponse> import_master_data(Asked request, Name administrator);
    asio::awaitable<HttpResponse> crm(Asked request, Name);
    asio::awaitable<HttpResponse> crm_refused(Asked request, Name);
    asio::awaitable<HttpResponse> crm_retry(Asked request, Name administrator);
    asio::awaitable<HttpResponse> openapi(Asked request, Name);
    asio::awaitable<Result<std::vector<JournalState>>> journals();

    Ledger& ledger_;
    EnrolmentDesk& enrolment_;
    Fleet& fleet_;
    ProjectionService& projection_;
    FeedDesk& feeds_;
    CrmService& crm_;
    CentreJournal& own_;
    const NoteSigner& signer_;
    Auditor& auditor_;
    Clock& clock_;
    std::uint16_t port_;
};

}  // namespace till::sync
