#include "sync/gateway/admin_api.hpp"

#include "agent/core/hex.hpp"
#include "agent/runtime/log.hpp"
#include "sync/gateway/admin_http.hpp"
#include "sync/gateway/admin_json.hpp"
#include "sync/gateway/admin_openapi.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>

namespace till::sync {

namespace json = boost::json;
using Desk = ProjectionService::Desk;
using namespace detail;

Result<void> AdminApi::check_query(const Row& row, const HttpRequest& request) {
    std::string_view query = target_of(request);
    const auto mark = query.find('?');
    query.remove_prefix(mark == std::string_view::npos ? query.size() : mark + 1);
    std::string allowed;
    for (const AdminParameter& one : row.route.parameters)
        allowed.append(allowed.empty() ? "" : ", ").append(one.name);
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        const auto name = pair.substr(0, pair.find('='));
        if (std::ranges::find(row.route.parameters, name, &AdminParameter::name)
            == row.route.parameters.end())
            return Error{Errc::malformed, "unknown parameter", std::string{name},
                         allowed.empty() ? "none" : allowed};
    }
    return {};
}

asio::awaitable<HttpResponse> AdminApi::handle(HttpRequest request, std::string administrator) {
    const std::string method{request.method_string()};
    const std::string_view path = path_of(request);
    for (const Row& row : rows()) {
        if (row.route.verb != method || row.route.path != path) continue;
        if (const auto known = check_query(row, request); !known)
            co_return problem(request, known.error());
        co_return co_await (this->*row.does)(request, administrator);
    }
    const Error unknown{Errc::not_found, "there is no " + method + " " + std::string{path}};
    co_return problem(request, unknown);
}

asio::awaitable<HttpResponse> AdminApi::openapi(Asked request, Name) {
    std::vector<AdminRoute> routes;
    for (const Row& row : rows()) routes.push_back(row.route);
    co_return json_answer(request, admin_openapi(routes, TILL_GATEWAY_VERSION));
}

// A gateway that does not project knows how far journals are stored, and of the rest nothing.
asio::awaitable<Result<std::vector<JournalState>>> AdminApi::journals() {
    if (projection_.is_here()) {
        const auto look = [](Desk& desk) { return desk.queries.journals(desk.store); };
        co_return co_await projection_.ask<std::vector<JournalState>>(look);
    }
    TILL_CO_TRY(const auto rows, co_await ledger_.journals());
    std::vector<JournalState> states;
    for (const JournalRow& row : rows) states.push_back({.row = row, .cursor = row.mark.seq});
    co_return states;
}

asio::awaitable<HttpResponse> AdminApi::status(Asked request, Name) {
    const auto journals = co_await this->journals();
    if (!journals) co_return problem(request, journals.error());
    const auto count = [](Desk& desk) { return desk.queries.open_exceptions(); };
    const auto open = co_await projection_.ask<std::uint64_t>(count);
    json::array rows;
    std::uint64_t behind = 0;
    for (const auto& journal : *journals) {
        auto row = to_json(journal);
        row["connected"] = fleet_.is_connected(journal.row.device);
        behind += journal.row.mark.seq.value() - journal.cursor.value();
        rows.push_back(std::move(row));
    }
    json::object body{{"journals", std::move(rows)},
                      {"devices_connected", fleet_.connected()},
                      {"projects", projection_.is_here()},
                      {"projection_behind", behind},
                      {"exceptions_open", open.value_or(0)}};
    if (const auto trouble = ledger_.trouble()) {
        using Seconds = std::chrono::seconds;
        const auto age = std::chrono::steady_clock::now() - trouble->since;
        body["holding"] = {{"code", name(trouble->why.code)},
                           {"cause", trouble->why.detail},
                           {"seconds", std::chrono::duration_cast<Seconds>(age).count()}};
    }
    co_return json_answer(request, body);
}

asio::awaitable<HttpResponse> AdminApi::ledger(Asked request, Name) {
    const auto id = Uuid::parse(text_of(request, "journal"));
    if (!id)
        co_return problem(request, {Errc::malformed, id.error().detail, "journal", "a journal id"});
    const JournalId journal{*id};
    const auto walked = co_await auditor_.audit(journal);
    if (!walked) co_return problem(request, walked.error());
    co_return json_answer(request, to_json(*walked));
}

asio::awaitable<HttpResponse> AdminApi::events(Asked request, Name) {
    const auto id = Uuid::parse(text_of(request, "journal"));
    const auto after = number_of(request, "after", 0), limit = number_of(request, "limit", 100);
    if (!id)
        co_return problem(request, {Errc::malformed, id.error().detail, "journal", "a journal id"});
    if (!after) co_return problem(request, after.error());
    if (!limit) co_return problem(request, limit.error());
    const auto page = co_await ledger_.read(JournalId{*id}, Seq{*after}, 4 * 1024 * 1024,
                                            std::clamp<std::uint64_t>(*limit, 1, page_max));
    if (!page) co_return problem(request, page.error());
    const json::object body{{"events", rows_json(*page)}};
    co_return json_answer(request, body);
}

asio::awaitable<HttpResponse> AdminApi::transactions(Asked request, Name) {
    const auto after = number_of(request, "after", 0), limit = number_of(request, "limit", 100);
    if (!after) co_return problem(request, after.error());
    if (!limit) co_return problem(request, limit.error());
    TransactionFilter filter{.business_day = text_of(request, "day"),
                             .store = text_of(request, "store"),
                             .workstation = text_of(request, "lane"),
                             .number = text_of(request, "number"),
                             .trace_id = {},
                             .after = static_cast<std::int64_t>(*after),
                             .limit = std::clamp<std::size_t>(*limit, 1, page_max)};
    const auto trace = unhex(text_of(request, "trace"));
    if (!trace || (!trace->empty() && trace->size() != 16))
        co_return problem(request,
                          {Errc::malformed, "not a trace id", "trace", "32 hexadecimal digits"});
    filter.trace_id = *trace;
    const bool in_full =
        !filter.number.empty() || !filter.trace_id.empty() || !text_of(request, "full").empty();
    const auto look = [&filter](Desk& desk) { return desk.queries.transactions(filter); };
    const auto page = co_await projection_.ask<TransactionPage>(look);
    if (!page) co_return problem(request, page.error());
    json::array rows;
    for (const auto& row : page->rows) {
        auto object = to_json(row);
        if (in_full) {  // With the event as stored: lines, taxes, tenders.
            const auto stored = co_await ledger_.read(row.journal, Seq{row.seq.value() - 1}, 1, 1);
            if (stored && !stored->empty()) object["stored"] = to_json(stored->front());
        }
        rows.push_back(std::move(object));
    }
    const json::object body{{"transactions", std::move(rows)}, {"next", page->next}};
    co_return json_answer(request, body);
}

asio::awaitable<HttpResponse> AdminApi::reconciliation(Asked request, Name) {
    const std::string day = text_of(request, "day");
    const auto look = [&day](Desk& desk) -> Result<std::vector<ReconciledDay>> {
        std::vector<std::string> days{day};
        if (day.empty()) { TILL_TRY(days, desk.queries.business_days()); }
        std::vector<ReconciledDay> all;
        for (const auto& one : days) {
            TILL_TRY(auto rows, desk.queries.reconcile(one, desk.store));
            std::ranges::move(rows, std::back_inserter(all));
        }
        return all;
    };
    const auto rows = co_await projection_.ask<std::vector<ReconciledDay>>(look);
    if (!rows) co_return problem(request, rows.error());
    if (rows->empty())
        co_return problem(request, {Errc::not_found, "nothing is known of that business day", "day",
                                    "YYYY-MM-DD"});
    const json::object body{{"balanced", std::ranges::all_of(*rows, &ReconciledDay::balanced)},
                            {"explained", std::ranges::all_of(*rows, &ReconciledDay::explained)},
                            {"rows", rows_json(*rows)}};
    co_return json_answer(request, body);
}

asio::awaitable<HttpResponse> AdminApi::new_code(Asked request, Name administrator) {
    const auto body = body_of(request);
    const auto store = member(body, "store"), lane = member(body, "lane");
    if (!store) co_return problem(request, store.error());
    if (!lane) co_return problem(request, lane.error());
    const auto job = [&](EnrolmentDesk& desk) { return desk.new_code(*store, *lane, port_); };
    const auto code = co_await enrolment_.ask<EnrolmentDesk::NewCode>(job);
    if (!code) co_return problem(request, code.error());
    log(LogLevel::info, "admin", "enrolment code made",
        {{"by", administrator}, {"store", *store}, {"lane", *lane}});
    co_return json_answer(request, {{"code", code->text},
                                    {"store", *store},
                                    {"lane", *lane},
                                    {"expires", rfc3339(code->expires)}});
}

asio::awaitable<HttpResponse> AdminApi::codes(Asked request, Name) {
    const auto job = [](EnrolmentDesk& desk) { return desk.codes(); };
    const auto codes = co_await enrolment_.ask<std::vector<Registry::Code>>(job);
    if (!codes) co_return problem(request, codes.error());
    co_return json_answer(request, {{"codes", rows_json(*codes)}});
}

asio::awaitable<HttpResponse> AdminApi::devices(Asked request, Name) {
    const auto job = [](EnrolmentDesk& desk) { return desk.devices(); };
    const auto devices = co_await enrolment_.ask<std::vector<Registry::Device>>(job);
    if (!devices) co_return problem(request, devices.error());
    json::array rows;
    for (const auto& device : *devices) {
        auto row = to_json(device);
        row["connected"] = fleet_.is_connected(device.id);
        row["agent_version"] = fleet_.agent_version(device.id);
        row["master_data_version"] = fleet_.master_data_version(device.id);
        row["customers_version"] = fleet_.customers_version(device.id);
        rows.push_back(std::move(row));
    }
    co_return json_answer(request, {{"devices", std::move(rows)}});
}

asio::awaitable<HttpResponse> AdminApi::revoke(Asked request, Name administrator) {
    const auto body = body_of(request);
    const auto text = member(body, "device");
    if (!text) co_return problem(request, text.error());
    const auto id = Uuid::parse(*text);
    if (!id)
        co_return problem(request, {Errc::malformed, id.error().detail, "device", "a device id"});
    const auto reason = member(body, "reason").value_or("no reason given");
    const auto job = [&](EnrolmentDesk& desk) { return desk.revoke(DeviceId{*id}, reason); };
    const auto done = co_await enrolment_.ask<void>(job);
    if (!done) co_return problem(request, done.error());
    log(LogLevel::warning, "admin", "device revoked",
        {{"by", administrator}, {"device", *text}, {"reason", reason}});
    co_return json_answer(request, {{"device", *text}, {"revoked", true}});
}

}  // namespace till::sync
