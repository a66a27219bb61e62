#include "agent/runtime/log.hpp"
#include "sync/gateway/admin_api.hpp"
#include "sync/gateway/admin_http.hpp"

#include <google/protobuf/util/json_util.h>
#include <boost/json/serialize.hpp>

#include <charconv>

// What did not project, and what a person does about it.
namespace till::sync {

namespace json = boost::json;
using Desk = ProjectionService::Desk;
using namespace detail;

namespace {

Result<std::int64_t> id_of(std::string_view text) {
    std::int64_t id = 0;
    const auto [end, failed] = std::from_chars(text.begin(), text.end(), id);
    if (failed != std::errc{} || end != text.end() || id < 1)
        return Error{Errc::malformed, "not an exception's id", "id",
                     "a number, as exceptions list shows it"};
    return id;
}

Projector::Fix fix_of(const json::value& body, const std::string& by, Clock& clock) {
    return {.by = by, .note = member(body, "note").value_or(""), .at_ms = clock.now().wall.value()};
}

/// A corrected event, as an administrator sends it: the names of events.proto.
Result<Bytes> event_of(const json::value& body) {
    const auto* object = body.if_object();
    const auto* event = object ? object->if_contains("event") : nullptr;
    if (!event || !event->is_object())
        return Error{Errc::malformed, "is missing", "event", "the whole corrected event"};
    tillstream::v1::Event parsed;
    const auto read = google::protobuf::util::JsonStringToMessage(json::serialize(*event), &parsed);
    if (!read.ok())
        return Error{Errc::malformed, read.message().ToString(), "event", "as it is shown"};
    return parsed.SerializeAsString();
}

}  // namespace

asio::awaitable<HttpResponse> AdminApi::exceptions(Asked request, Name) {
    const auto after = number_of(request, "after", 0);
    if (!after) co_return problem(request, after.error());
    const bool open_only = text_of(request, "all").empty();
    const auto look = [&](Desk& desk) {
        return desk.queries.exceptions(open_only, static_cast<std::int64_t>(*after), page_max);
    };
    const auto rows = co_await projection_.ask<std::vector<ExceptionRow>>(look);
    if (!rows) co_return problem(request, rows.error());
    co_return json_answer(request, {{"exceptions", rows_json(*rows)}});
}

asio::awaitable<HttpResponse> AdminApi::exception(Asked request, Name) {
    const auto id = id_of(text_of(request, "id"));
    if (!id) co_return problem(request, id.error());
    struct Shown {
        ExceptionRow row;
        std::optional<Bytes> told;  // What a CRM is told in place of what the ledger has.
    };
    const auto look = [&](Desk& desk) -> Result<Shown> {
        Shown shown;
        TILL_TRY(shown.row, desk.queries.exception(*id));
        if (const auto crm = refusing_crm(shown.row.code)) {
            TILL_TRY(auto standing, desk.queries.standing(shown.row.journal, shown.row.seq, *crm));
            shown.told = std::move(standing.correction);
        }
        return shown;
    };
    const auto shown = co_await projection_.ask<Shown>(look);
    if (!shown) co_return problem(request, shown.error());
    const ExceptionRow& row = shown->row;
    json::object body{{"exception", to_json(row)}};
    auto stored = co_await ledger_.read(row.journal, Seq{row.seq.value() - 1}, 1, 1);
    if (stored && !stored->empty()) {
        if (shown->told) stored->front().envelope.body = *shown->told;
        body["stored"] = to_json(stored->front());
    }
    co_return json_answer(request, body);
}

asio::awaitable<HttpResponse> AdminApi::close_exception(Asked request, Name administrator) {
    const auto body = body_of(request);
    const auto id = id_of(member(body, "id").value_or(""));
    if (!id) co_return problem(request, id.error());
    const auto note = member(body, "note");
    if (!note) co_return problem(request, note.error());
    const auto fix = fix_of(body, administrator, clock_);
    const auto job = [&](Desk& desk) -> Result<ExceptionRow> {
        TILL_TRY_VOID(desk.projector.close(*id, fix));
        return desk.queries.exception(*id);
    };
    const auto closed = co_await projection_.ask<ExceptionRow>(job);
    if (!closed) co_return problem(request, closed.error());
    const auto done = crm_.settle(*closed, CrmService::Seen::closed);
    if (!done) co_return problem(request, done.error());
    log(LogLevel::info, "admin", "exception closed", {{"by", administrator}, {"exception", *id}});
    co_return json_answer(request, {{"id", *id}, {"closed", true}});
}

asio::awaitable<HttpResponse> AdminApi::correct_exception(Asked request, Name administrator) {
    const auto body = body_of(request);
    const auto id = id_of(member(body, "id").value_or(""));
    if (!id) co_return problem(request, id.error());
    const auto event = event_of(body);
    if (!event) co_return problem(request, event.error());
    const auto fix = fix_of(body, administrator, clock_);
    const auto job = [&](Desk& desk) -> Result<ExceptionRow> {
        TILL_TRY(auto row, desk.queries.exception(*id));
        TILL_TRY_VOID(desk.projector.correct(*id, *event, fix, desk.store));
        return row;
    };
    const auto corrected = co_await projection_.ask<ExceptionRow>(job);
    if (!corrected) co_return problem(request, corrected.error());
    const auto done = crm_.settle(*corrected, CrmService::Seen::corrected);
    if (!done) co_return problem(request, done.error());
    log(LogLevel::info, "admin", "exception corrected",
        {{"by", administrator}, {"exception", *id}});
    co_return json_answer(request, {{"id", *id}, {"corrected", true}});
}

}  // namespace till::sync
