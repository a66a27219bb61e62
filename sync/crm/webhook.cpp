#include "sync/crm/webhook.hpp"

#include "agent/core/base64.hpp"
#include "agent/core/calendar.hpp"
#include "agent/crypto/hash.hpp"
#include "sync/wire/proto_json.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <map>

namespace till::sync {

namespace json = boost::json;
using Outcome = CrmOutcome::Kind;

namespace {

constexpr std::size_t secret_bytes_min = 24;
constexpr std::size_t words_max = 300;

json::value to_json(const google::protobuf::Message& message) {
    return json::parse(proto_json(message));
}

std::string kind_of(const v1::Event& event) {
    const auto* oneof = v1::Event::descriptor()->FindOneofByName("fact");
    const auto* field = v1::Event::GetReflection()->GetOneofFieldDescriptor(event, oneof);
    return field ? field->name() : "unknown";
}

/// Their own keys (who called, under which) are the device's business.
v1::Event without_origin(v1::Event event) {
    event.clear_origin();
    event.clear_sealed();
    return event;
}

std::string words_of(const HttpClient::Answer& answer) {
    std::string text = "it answered " + std::to_string(answer.status);
    const std::string body = answer.body.substr(0, words_max);
    const auto plain = [](char c) { return c >= ' ' && c <= '~'; };
    if (!body.empty() && std::ranges::all_of(body, plain)) text += ": " + body;
    return text;
}

struct Rejection {
    std::string field, detail;
};
std::map<std::string, Rejection> rejections(const Bytes& body) {
    std::map<std::string, Rejection> found;
    boost::system::error_code failure;
    const auto parsed = json::parse(body, failure);
    const auto* object = failure ? nullptr : parsed.if_object();
    const auto* list = object ? object->if_contains("rejected") : nullptr;
    if (!list || !list->is_array()) return found;
    const auto text = [](const json::object& from, const char* key) {
        const auto* value = from.if_contains(key);
        return value && value->is_string() ? std::string{value->as_string()} : std::string{};
    };
    for (const auto& each : list->as_array())
        if (const auto* one = each.if_object())
            found[text(*one, "id")] = {text(*one, "field").substr(0, words_max),
                                       text(*one, "detail").substr(0, words_max)};
    return found;
}

}  // namespace

std::string cloud_event(const CrmEvent& from) {
    const auto& context = from.event.context();
    json::object data{{"event", to_json(without_origin(from.event))}};
    json::object customer;
    if (from.customer) customer["id"] = from.customer->value().text();
    if (from.person.ByteSizeLong() > 0) customer["person"] = to_json(from.person);
    if (!customer.empty()) data["customer"] = std::move(customer);
    json::object event{
        {"specversion", "1.0"},
        {"id", from.id()},
        {"source", "/stores/" + context.store() + "/workstations/" + context.workstation()},
        {"type", "tillstream." + kind_of(from.event)},
        {"time", rfc3339(WallTime{from.at_ms})},
        {"datacontenttype", "application/json"}};
    if (from.customer) event["subject"] = from.customer->value().text();
    event["data"] = std::move(data);
    return json::serialize(event);
}

Result<Secret> webhook_secret(std::string_view text) {
    constexpr std::string_view prefix = "whsec_";
    if (text.starts_with(prefix)) {
        const auto bytes = unbase64(text.substr(prefix.size()));
        if (!bytes) return Error{Errc::malformed, "a webhook's secret is no base64"};
        if (bytes->size() < secret_bytes_min)
            return Error{Errc::malformed, "a webhook's secret is shorter than 24 bytes"};
        return Secret{*bytes};
    }
    if (text.size() < secret_bytes_min)
        return Error{Errc::malformed, "a webhook's secret is shorter than 24 bytes"};
    return Secret{text};
}

std::string webhook_signature(const Secret& secret, std::string_view id, std::string_view timestamp,
                              BytesView body) {
    std::string signed_text{id};
    signed_text.append(".").append(timestamp).append(".").append(body);
    return "v1," + base64(view(hmac_sha256(secret, signed_text)));
}

Webhook::Webhook(Options options)
    : options_{std::move(options)},
      client_{{.authorities = options_.authorities, .answer_limit = options_.answer_limit}} {}

/// Everything that a CRM could want to know; what happens on the device itself it does not.
bool Webhook::wants(const v1::Event& event) const {
    switch (event.fact_case()) {
        case v1::Event::kRetailTransaction:
        case v1::Event::kPostVoid:
        case v1::Event::kCustomerIdentified:
        case v1::Event::kCustomerEnrolled:
        case v1::Event::kConsentSet:
        case v1::Event::kStockCountLines:
        case v1::Event::kStockAdjustment:
            return true;
        default:
            return false;
    }
}

/// It drops by itself what it has: all may be sent again.
Result<std::vector<bool>> Webhook::look_up(std::span<const CrmEvent> events) {
    return std::vector<bool>(events.size(), false);
}

/// The outcome of the batch as a whole; where it was taken, each event's goes into `into`.
CrmOutcome Webhook::send(std::span<const CrmEvent> events, std::vector<CrmOutcome>& into) {
    const auto secrets = options_.secrets();
    if (!secrets) return {.kind = Outcome::later, .cause = secrets.error().detail};
    std::string body = "[";
    for (const CrmEvent& event : events) body += (body.size() > 1 ? "," : "") + cloud_event(event);
    body += "]";
    const std::string id = events.front().id() + "-" + std::to_string(events.back().seq.value());
    const auto timestamp = std::to_string(options_.now().value() / 1000);
    std::string signatures;
    for (const Secret& secret : *secrets)
        signatures +=
            (signatures.empty() ? "" : " ") + webhook_signature(secret, id, timestamp, body);
    const auto answer = client_.post(
        options_.url,
        {"Content-Type: application/cloudevents-batch+json; charset=utf-8", "webhook-id: " + id,
         "webhook-timestamp: " + timestamp, "webhook-signature: " + signatures},
        body);
    if (!answer)
        return {.kind = answer.error().code == Errc::outcome_unknown ? Outcome::unknown
                                                                     : Outcome::later,
                .cause = answer.error().detail};
    if (answer->status >= 200 && answer->status < 300) {
        const auto rejected = rejections(answer->body);
        for (const CrmEvent& event : events) {
            const auto found = rejected.find(event.id());
            into.push_back(found == rejected.end() ? CrmOutcome{.kind = Outcome::applied}
                                                   : CrmOutcome{.kind = Outcome::refused,
                                                                .field = found->second.field,
                                                                .cause = found->second.detail});
        }
        return {.kind = Outcome::applied};
    }
    const bool of_content = answer->status == 400 || answer->status == 413 || answer->status == 422;
    return {.kind = of_content ? Outcome::refused : Outcome::later,
            .cause = words_of(*answer),
            .retry_after = answer->retry_after};
}

/// A batch that is refused as a whole is halved until the one at fault stands alone.
std::vector<CrmOutcome> Webhook::apply(std::span<const CrmEvent> events) {
    std::vector<CrmOutcome> outcomes;
    std::vector<std::span<const CrmEvent>> parts{events};
    while (!parts.empty()) {
        const auto part = parts.back();
        parts.pop_back();
        const CrmOutcome outcome = send(part, outcomes);
        if (outcome.kind == Outcome::applied) continue;
        if (outcome.kind == Outcome::refused && part.size() > 1) {
            const std::size_t half = part.size() / 2;
            parts.push_back(part.subspan(half));
            parts.push_back(part.first(half));
            continue;
        }
        outcomes.push_back(outcome);
        if (outcome.kind == Outcome::refused) continue;
        outcomes.resize(events.size(), outcome);
        break;
    }
    return outcomes;
}

}  // namespace till::sync
