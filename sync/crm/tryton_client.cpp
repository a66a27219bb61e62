#include "sync/crm/tryton_client.hpp"

#include "agent/core/base64.hpp"

#include <boost/json.hpp>

namespace till::sync {

namespace json = boost::json;

namespace {

constexpr std::size_t words_max = 300;

/// Its words for people: the first text in it.
std::string words_of(const json::value& value) {
    if (value.is_string()) return std::string{value.as_string()}.substr(0, words_max);
    if (value.is_array())
        for (const auto& each : value.as_array())
            if (auto words = words_of(each); !words.empty()) return words;
    return {};
}

Error error_of(const json::value& error) {
    const auto* list = error.if_array();
    const std::string kind = list && !list->empty() ? words_of(list->front()) : std::string{};
    const std::string words = list && list->size() > 1 ? words_of(list->at(1)) : std::string{};
    if (kind == "UserError" || kind == "UserWarning") return {Errc::malformed, words};
    if (kind == "ConcurrencyException") return {Errc::stale, words};
    // PostgreSQL's own words reach us where a unique index is hit that no model knows of.
    if (kind.find("duplicate key") != std::string::npos) return {Errc::malformed, kind};
    return {Errc::unsupported, "Tryton cannot do that: " + kind};
}

}  // namespace

TrytonClient::TrytonClient(Options options)
    : options_{std::move(options)},
      http_{{.authorities = options_.authorities, .answer_limit = options_.answer_limit}} {}

Result<json::value> TrytonClient::exchange(std::string_view method, json::array params,
                                           const std::string& path) {
    const json::object body{{"id", 1}, {"method", method}, {"params", std::move(params)}};
    std::vector<std::string> headers{"Content-Type: application/json"};
    if (!session_.empty()) headers.push_back("Authorization: Session " + session_);
    TILL_TRY(const auto answer, http_.post(options_.url + path, headers, json::serialize(body)));
    switch (answer.status) {
        case 200:
            break;
        case 401:
            return Error{Errc::forbidden, "Tryton does not know this user, or her session"};
        case 413:
            return Error{Errc::out_of_range, "too much at once for Tryton"};
        case 429:
        case 503:
            return Error{Errc::busy, "Tryton asks to wait"};
        default:
            return Error{answer.status >= 500 ? Errc::outcome_unknown : Errc::unsupported,
                         "Tryton answered " + std::to_string(answer.status)};
    }
    boost::system::error_code failure;
    const auto parsed = json::parse(answer.body, failure);
    const auto* object = failure ? nullptr : parsed.if_object();
    if (!object) return Error{Errc::outcome_unknown, "Tryton's answer is not JSON"};
    if (const auto* error = object->if_contains("error")) return error_of(*error);
    const auto* result = object->if_contains("result");
    return result ? *result : json::value{};
}

Result<void> TrytonClient::log_in() {
    TILL_TRY(const Secret password, options_.password());
    session_.clear();
    json::array params;
    params.emplace_back(options_.user);
    params.push_back(json::object{{"password", json::string{password.reveal()}}});
    params.emplace_back("en");
    const std::string path = "/" + options_.database + "/";
    TILL_TRY(const auto made, exchange("common.db.login", std::move(params), path));
    const auto* pair = made.if_array();
    if (!pair || pair->size() != 2 || !pair->at(0).is_int64() || !pair->at(1).is_string())
        return Error{Errc::forbidden, "Tryton does not let this user in"};
    user_ = pair->at(0).as_int64();
    session_ = base64(options_.user + ":" + std::to_string(pair->at(0).as_int64()) + ":"
                      + std::string{pair->at(1).as_string()});
    json::array asked;
    asked.emplace_back(true);
    asked.push_back(json::object{});
    TILL_TRY(const auto told, exchange("model.res.user.get_preferences", std::move(asked), path));
    const auto* preferences = told.if_object();
    const auto* company = preferences ? preferences->if_contains("company") : nullptr;
    if (!company || !company->is_int64())
        return Error{Errc::unsupported, "this Tryton user has no company"};
    company_ = company->as_int64();
    return {};
}

Result<json::value> TrytonClient::call(std::string_view method, json::array params,
                                       const json::object& about) {
    if (session_.empty()) TILL_TRY_VOID(log_in());
    const std::string path = "/" + options_.database + "/";
    json::object context{{"company", company_}};
    for (const auto& [key, value] : about) context[key] = value;
    params.push_back(std::move(context));
    auto answer = exchange(method, params, path);
    if (answer || answer.error().code != Errc::forbidden) return answer;
    TILL_TRY_VOID(log_in());  // Once: it may only have forgotten us.
    return exchange(method, std::move(params), path);
}

}  // namespace till::sync
