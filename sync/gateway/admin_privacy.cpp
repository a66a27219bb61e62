#include "agent/core/base64.hpp"
#include "agent/runtime/log.hpp"
#include "sync/gateway/admin_api.hpp"
#include "sync/gateway/admin_http.hpp"
#include "sync/gateway/admin_json.hpp"
#include "sync/gateway/admin_people.hpp"
#include "sync/wire/centre.hpp"
#include "sync/wire/feed_page.hpp"
#include "sync/wire/proto_json.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

// A customer's rights: all that is known of her, and to be forgotten, each with the centre's signature.
namespace till::sync {

namespace json = boost::json;
using Desk = ProjectionService::Desk;
using namespace detail;
using namespace std::chrono_literals;

namespace {

constexpr auto erasure_wait =
    10s;  // For what the centre does itself; tills and CRMs take their time.

/// What the report says of one place that may know her.
json::object place(const std::string& name, std::size_t done, std::size_t pending,
                   const std::string& note = {}) {
    json::object row{{"place", name}, {"done", done}, {"pending", pending}};
    if (!note.empty()) row["note"] = note;
    return row;
}

}  // namespace

HttpResponse AdminApi::signed_answer(Asked request, const json::object& report) const {
    const std::string text = json::serialize(report);
    return json_answer(request, {{"report", report},
                                 {"signed", text},
                                 {"signature", base64(signer_.sign_statement(text))},
                                 {"key", base64(signer_.key().public_key)},
                                 {"certified", base64(signer_.key().certified)}});
}

asio::awaitable<HttpResponse> AdminApi::export_person(Asked request, Name administrator) {
    const auto body = body_of(request);
    const auto look = [&](Desk& desk) -> Result<json::object> {
        TILL_TRY(const auto family, customer_family(desk, body));
        TILL_TRY(const auto person, desk.vault.show(family.front()));
        TILL_TRY(const auto view, desk.queries.customer(family));
        auto known = customer_json(view, family);
        known["person"] = json::parse(proto_json(person));
        return known;
    };
    auto known = co_await projection_.ask<json::object>(look);
    if (!known) co_return problem(request, known.error());
    (*known)["exported"] = rfc3339(clock_.now().wall);
    const std::string customer{known->at("customer").as_string()};
    for (auto& row : known->at("transactions").as_array()) {  // With lines and tenders, as stored.
        const auto journal = Uuid::parse(std::string{row.as_object().at("journal").as_string()});
        const auto seq = row.as_object().at("seq").to_number<std::uint64_t>();
        if (!journal) continue;
        const auto stored = co_await ledger_.read(JournalId{*journal}, Seq{seq - 1}, 1, 1);
        if (stored && !stored->empty()) row.as_object()["stored"] = to_json(stored->front());
    }
    log(LogLevel::warning, "admin", "a customer's data was exported",
        {{"by", administrator}, {"customer", customer}});
    co_return signed_answer(request, *known);
}

asio::awaitable<HttpResponse> AdminApi::erase_person(Asked request, Name administrator) {
    const auto body = body_of(request);
    const auto look = [&](Desk& desk) -> Result<std::pair<CustomerId, bool>> {
        TILL_TRY(const auto family, customer_family(desk, body));
        TILL_TRY(const auto erased, desk.vault.erased_ms(family.front()));
        return std::pair{family.front(), erased.has_value()};
    };
    const auto found = co_await projection_.ask<std::pair<CustomerId, bool>>(look);
    if (!found) co_return problem(request, found.error());
    const auto& [customer, erased] = *found;
    if (!erased) {
        CentreJournal::Entry entry{.at_ms = clock_.now().wall.value()};
        auto& said = *entry.event.mutable_customer_erased();
        said.set_customer(Bytes{customer.value().bytes()});
        said.set_by(administrator);
        said.set_reason(member(body, "reason").value_or(""));
        const auto done = co_await own_.append(std::move(entry));
        if (!done) co_return problem(request, done.error());
        log(LogLevel::warning, "admin", "a customer is erased",
            {{"by", administrator}, {"customer", customer.value().text()}});
    }
    asio::steady_timer pause{co_await asio::this_coro::executor};
    const auto until = std::chrono::steady_clock::now() + erasure_wait;
    for (;;) {
        auto report = co_await erasure_report(customer);
        if (!report && report.error().code != Errc::stale)
            co_return problem(request, report.error());
        const bool here = report && report->at("centre_done").as_bool();
        if (here || std::chrono::steady_clock::now() > until)
            co_return report ? signed_answer(request, *report)
                             : problem(request, {Errc::busy,
                                                 "it is ordered, and not begun yet: ask "
                                                 "again how far it is"});
        pause.expires_after(50ms);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

asio::awaitable<HttpResponse> AdminApi::erasure(Asked request, Name) {
    const auto id = Uuid::parse(text_of(request, "customer"));
    if (!id)
        co_return problem(request,
                          {Errc::malformed, id.error().detail, "customer", "a customer's id"});
    const CustomerId customer{*id};
    const auto report = co_await erasure_report(customer);
    if (!report) {
        Error error = report.error();
        if (error.code == Errc::stale) error = {Errc::not_found, "she was not erased"};
        co_return problem(request, error);
    }
    co_return signed_answer(request, *report);
}

/// Fails with stale while the order has not been carried out.
asio::awaitable<Result<json::object>> AdminApi::erasure_report(CustomerId customer) {
    struct Known {
        std::vector<CustomerId> family;
        std::int64_t erased_ms = 0;
        std::vector<Queries::Place> events;
        std::optional<Queries::Place> order;
        std::size_t sealed_left = 0;
    };
    const auto look = [customer](Desk& desk) -> Result<Known> {
        Known known;
        TILL_TRY(known.family, desk.vault.family(customer));
        TILL_TRY(const auto erased, desk.vault.erased_ms(known.family.front()));
        if (!erased) return Error{Errc::stale, "not erased"};
        known.erased_ms = *erased;
        TILL_TRY(known.events, desk.queries.events_of(known.family));
        TILL_TRY(known.order, desk.queries.erasure_of(known.family));
        TILL_TRY(known.sealed_left, desk.queries.sealed_left(known.family));
        return known;
    };
    TILL_CO_TRY(const Known known, co_await projection_.ask<Known>(look));
    json::array places;
    places.push_back(place("data key and identifiers", known.family.size(), 0));
    places.push_back(place("sealed parts in the ledger", known.events.size() - known.sealed_left,
                           known.sealed_left));

    // The tills: their caches by the feed of customers, their journals by that of erasures.
    std::vector<std::string> ids, keys;
    for (const CustomerId& one : known.family) ids.push_back(one.value().text());
    std::map<std::string, DeviceId> owners;
    for (const auto& event : known.events) {
        TILL_CO_TRY(const auto row, co_await ledger_.find(event.journal));
        if (!row || row->device == centre_device()) continue;
        keys.push_back(event.journal.value().text() + "/" + std::to_string(event.seq.value()));
        owners.emplace(keys.back(), row->device);
    }
    TILL_CO_TRY(const auto told, co_await feeds_.versions_of(customers_feed, ids));
    TILL_CO_TRY(const auto ordered, co_await feeds_.versions_of(erasures_feed, keys));
    std::uint64_t forgotten = 0;
    for (const auto& [id, version] : told) forgotten = std::max(forgotten, version);
    const auto list = [](EnrolmentDesk& desk) { return desk.devices(); };
    TILL_CO_TRY(const auto devices, co_await enrolment_.ask<std::vector<Registry::Device>>(list));
    std::size_t caches_done = 0;
    json::array pending;
    std::size_t journals_done = 0, journals_pending = keys.size() - ordered.size();
    for (const auto& device : devices) {
        if (device.revoked) continue;
        const bool has_forgotten = fleet_.customers_version(device.id) >= forgotten;
        caches_done += has_forgotten;
        std::size_t left = 0;
        for (const auto& [key, version] : ordered) {
            if (owners.at(key) != device.id) continue;
            const bool deleted = fleet_.erasures_version(device.id) >= version;
            deleted ? ++journals_done : ++left;
        }
        journals_pending += left;
        if (has_forgotten && left == 0) continue;
        pending.push_back({{"device", device.id.value().text()},
                           {"store", device.store},
                           {"workstation", device.workstation},
                           {"cache", !has_forgotten},
                           {"sealed_parts", left}});
    }
    places.push_back(place("customers at the tills", caches_done,
                           static_cast<std::size_t>(std::ranges::count_if(
                               devices, [](const auto& each) { return !each.revoked; }))
                               - caches_done,
                           "a till that does not come back forgets by itself"));
    places.push_back(place("sealed parts in the tills' journals", journals_done, journals_pending));
    std::size_t crm_pending = 0;
    if (known.order) {
        TILL_CO_TRY(const auto connectors, crm_.reached(known.order->journal, known.order->seq));
        for (const auto& [name, reached] : connectors) {
            places.push_back(place("CRM " + name, reached ? 1 : 0, reached ? 0 : 1));
            crm_pending += !reached;
        }
    }
    places.push_back(place("backups", 0, 0,
                           "made before this: until they are rotated, encrypted with keys that are "
                           "not in them"));
    const bool done =
        pending.empty() && known.sealed_left == 0 && journals_pending == 0 && crm_pending == 0;
    co_return json::object{
        {"customer", known.family.front().value().text()},
        {"erased", rfc3339(WallTime{known.erased_ms})},
        {"as_of", rfc3339(clock_.now().wall)},
        {"done", done},
        {"centre_done", known.sealed_left == 0 && forgotten != 0 && ordered.size() == keys.size()},
        {"places", std::move(places)},
        {"pending_devices", std::move(pending)}};
}

}  // namespace till::sync
