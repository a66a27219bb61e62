#include "agent/runtime/log.hpp"
#include "sync/gateway/admin_api.hpp"
#include "sync/gateway/admin_http.hpp"

// How CRMs take what happens in the shops.
namespace till::sync {

namespace json = boost::json;
using namespace detail;

asio::awaitable<HttpResponse> AdminApi::crm(Asked request, Name) {
    const auto states = crm_.states();
    if (!states) co_return problem(request, states.error());
    json::array rows;
    for (const auto& state : *states)
        rows.push_back({{"name", state.name},
                        {"url", state.url},
                        {"behind", state.behind},
                        {"refused", state.refused},
                        {"trouble", state.trouble}});
    co_return json_answer(request, {{"connectors", std::move(rows)}});
}

asio::awaitable<HttpResponse> AdminApi::crm_refused(Asked request, Name) {
    const auto refused = crm_.refused(text_of(request, "connector"), page_max);
    if (!refused) co_return problem(request, refused.error());
    json::array rows;
    for (const auto& each : *refused)
        rows.push_back({{"journal", each.journal.value().text()},
                        {"seq", each.seq.value()},
                        {"field", each.field},
                        {"cause", each.cause},
                        {"at", rfc3339(WallTime{each.at_ms})}});
    co_return json_answer(request, {{"refused", std::move(rows)}});
}

asio::awaitable<HttpResponse> AdminApi::crm_retry(Asked request, Name administrator) {
    const auto connector = member(body_of(request), "connector");
    if (!connector) co_return problem(request, connector.error());
    const auto count = crm_.retry(*connector);
    if (!count) co_return problem(request, count.error());
    log(LogLevel::info, "admin", "refused events are sent again",
        {{"by", administrator}, {"connector", *connector}, {"events", *count}});
    co_return json_answer(request, {{"connector", *connector}, {"again", *count}});
}

}  // namespace till::sync
