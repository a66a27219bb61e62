#include "agent/api/http_door.hpp"

#include "agent/api/json.hpp"
#include "agent/api/problem.hpp"
#include "agent/api/query.hpp"
#include "agent/core/hex.hpp"
#include "agent/runtime/log.hpp"

#include <algorithm>

namespace till {

namespace {

bool is_our_host(std::string_view host, std::uint16_t port) {
    for (const std::string_view name : {"localhost", "127.0.0.1", "[::1]"}) {
        const std::string full = std::string{name} + ":" + std::to_string(port);
        if (host == full || (port == 80 && host == name)) return true;
    }
    return false;
}

bool is_our_origin(std::string_view origin, std::uint16_t port) {
    constexpr std::string_view scheme = "http://";
    return origin.starts_with(scheme) && is_our_host(origin.substr(scheme.size()), port);
}

/// The trace id of a W3C traceparent, "00-<32 hex>-<16 hex>-<2 hex>"; empty when there is none.
Bytes trace_id_of(std::string_view traceparent) {
    if (traceparent.size() < 55 || traceparent[2] != '-' || traceparent[35] != '-') return {};
    const auto id = unhex(traceparent.substr(3, 32));
    const bool zero = id && std::ranges::all_of(*id, [](char c) { return c == 0; });
    return id && !zero ? *id : Bytes{};
}

Result<void> check_place(const HttpRequest& request) {
    if (request.count("host") != 1 || !is_our_host(request.header("host"), request.local_port))
        return Error{Errc::forbidden, "this is not a host of this agent", "Host",
                     "127.0.0.1, localhost or [::1], with the port"};
    if (request.count("origin") > 0 && !is_our_origin(request.header("origin"), request.local_port))
        return Error{Errc::forbidden, "another site's page may not call the agent", "Origin",
                     "the agent's own pages"};
    return {};
}

/// The one message that is set.
const google::protobuf::Message& result_of(const v1::Answer& answer) {
    const auto* reflection = answer.GetReflection();
    return reflection->GetMessage(answer,
                                  reflection->GetOneofFieldDescriptor(
                                      answer, v1::Answer::descriptor()->FindOneofByName("result")));
}

constexpr std::string_view feed_protocol = "tillstream.feed.v1";

/// Whether a WebSocket's client speaks `protocol`; for one that begins so, the rest of its name.
std::optional<std::string_view> offered(const HttpRequest& request, std::string_view protocol) {
    std::string_view rest = request.header("sec-websocket-protocol");
    while (!rest.empty()) {
        std::string_view one = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(one.size() + 1, rest.size()));
        one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
        if (one.starts_with(protocol)) return one.substr(protocol.size());
    }
    return std::nullopt;
}

std::optional<Caller> caller_of(const HttpRequest& request, const Tokens& tokens) {
    if (request.asks_for_websocket && request.count("authorization") == 0) {
        const auto token = offered(request, "bearer.");
        return token ? tokens.find(*token) : std::nullopt;
    }
    constexpr std::string_view scheme = "Bearer ";
    const std::string_view value = request.header("authorization");
    if (request.count("authorization") != 1 || !value.starts_with(scheme)) return std::nullopt;
    return tokens.find(value.substr(scheme.size()));
}

/// The row for a path and method; an Error with not_found, or unsupported with the methods there are.
Result<const CommandInfo*> route(const HttpRequest& request) {
    std::string allowed;
    for (const CommandInfo& command : commands()) {
        if (command.path.empty() || command.path != request.path()) continue;
        if (command.method == request.method) return &command;
        allowed.append(allowed.empty() ? "" : ", ").append(command.method);
    }
    if (allowed.empty()) return Error{Errc::not_found, "there is nothing at this path"};
    return Error{Errc::unsupported, "this path does not take " + request.method, {}, allowed};
}

bool is_json(std::string_view content_type) {
    std::string type{content_type.substr(0, content_type.find(';'))};
    std::erase(type, ' ');
    std::ranges::transform(type, type.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    return type == "application/json";
}

HttpResponse json(unsigned status, const google::protobuf::Message& message,
                  Zeros zeros = Zeros::left_out) {
    HttpResponse response{.status = status};
    response.body = to_json(message, zeros);
    return response;
}

HttpResponse not_json(BytesView trace_id) {
    const Error error{Errc::unsupported, "not JSON", "Content-Type", "application/json"};
    return problem(415, error, trace_id);
}

/// Refuses, and logs what is not the caller's fault.
HttpResponse refuse(const Error& error, BytesView trace_id) {
    const unsigned status = http_status(error);
    if (status >= 500)
        log(LogLevel::error, "http", "request failed",
            {{"code", name(error.code)}, {"why", error.detail}, {"trace", hex(trace_id)}});
    return problem(status, error, trace_id);
}

}  // namespace

asio::awaitable<HttpResponse> HttpDoor::capture(const CommandInfo& command, HttpRequest request,
                                                Caller caller, Bytes trace_id) {
    if (!is_json(request.header("content-type"))) co_return not_json(trace_id);
    if (request.count("idempotency-key") != 1) {
        const Error error{Errc::malformed, "a capture needs a key of its own", "Idempotency-Key",
                          "one, of 1 to 128 printable ASCII characters"};
        co_return problem(428, error, trace_id);
    }
    const std::unique_ptr<google::protobuf::Message> message{command.prototype->New()};
    const auto parsed = from_json(request.body, *message);
    if (!parsed) co_return problem(400, parsed.error(), trace_id);
    Request call{.caller = std::move(caller),
                 .idempotency_key = std::string{request.header("idempotency-key")},
                 .trace_id = trace_id_of(request.header("traceparent"))};
    const auto answered = co_await table_.call(std::move(call), *message);
    if (answered) co_return json(answered->captured().replayed() ? 200 : 201, answered->captured());
    Error error = answered.error();
    if (error.field == "idempotency_key") error.field = "Idempotency-Key";
    co_return refuse(error, trace_id);
}

asio::awaitable<HttpResponse> HttpDoor::answer(const CommandInfo& command, HttpRequest request,
                                               Caller caller, Bytes trace_id) {
    const std::unique_ptr<google::protobuf::Message> question{command.prototype->New()};
    const bool by_body = command.method == "POST";
    if (by_body && !is_json(request.header("content-type"))) co_return not_json(trace_id);
    const auto parsed =
        by_body ? from_json(request.body, *question) : from_query(request.query(), *question);
    if (!parsed) co_return problem(400, parsed.error(), trace_id);
    if (const auto* feed = dynamic_cast<const v1::FollowFeed*>(question.get()))
        co_return follow(request, *feed, trace_id);
    Request call{.caller = std::move(caller), .idempotency_key = {}, .trace_id = trace_id};
    const auto answered = co_await table_.call(std::move(call), *question);
    if (answered && answered->has_status()) co_return json(200, answered->status(), Zeros::shown);
    if (answered) co_return json(200, result_of(*answered));
    const bool asked_wrongly = !by_body && answered.error().code == Errc::out_of_range;
    co_return asked_wrongly ? problem(400, answered.error(), trace_id)
                            : refuse(answered.error(), trace_id);
}

HttpResponse HttpDoor::follow(const HttpRequest& request, const v1::FollowFeed& query,
                              BytesView trace_id) {
    if (!request.asks_for_websocket) {
        const Error error{Errc::unsupported, "the feed is a WebSocket", "Upgrade", "websocket"};
        HttpResponse refusal = problem(426, error, trace_id);
        refusal.headers.emplace_back("Upgrade", "websocket");
        return refusal;
    }
    const auto journal = feed_.journal().identity().journal.value().text();
    if (!query.journal_id().empty() && query.journal_id() != journal)
        return problem(409,
                       Error{Errc::conflict, "the device writes to another journal now",
                             "journal_id", journal + ", from after=0 on"},
                       trace_id);
    const Seq head = feed_.journal().head().seq;
    const Seq after = query.has_after() ? Seq{query.after()} : head;
    if (after > head)
        return problem(400,
                       Error{Errc::out_of_range, "nothing has that sequence yet", "after",
                             "at most " + std::to_string(head.value())},
                       trace_id);
    HttpResponse response;
    if (offered(request, feed_protocol))
        response.headers.emplace_back("Sec-WebSocket-Protocol", std::string{feed_protocol});
    response.told = [this, after, topics = query.topics()](HttpListener& listener) {
        return tell(listener, FeedFollower{feed_, after, topics});
    };
    return response;
}

asio::awaitable<void> HttpDoor::tell(HttpListener& listener, FeedFollower follower) {
    for (;;) {
        const auto messages = co_await follower.next();
        if (!messages) co_return;
        for (const auto& message : *messages) {
            const Bytes text = to_json(message);
            if (const auto told = co_await listener.tell(text); !told) co_return;
        }
    }
}

asio::awaitable<HttpResponse> HttpDoor::handle(HttpRequest request) {
    Bytes trace_id = trace_id_of(request.header("traceparent"));
    if (trace_id.empty()) trace_id = Bytes{random_.uuid().bytes()};
    if (const auto place = check_place(request); !place)
        co_return problem(403, place.error(), trace_id);
    for (const auto& [is_for, handler] : open_to_all_)
        if (is_for(request)) co_return co_await handler(std::move(request));
    auto caller = caller_of(request, tokens_);
    if (!caller) {
        const Error error{Errc::not_trusted, "a token is needed", "Authorization",
                          "Bearer and a token of this agent"};
        co_return problem(401, error, trace_id);
    }
    const auto command = route(request);
    if (!command) {
        const bool known = command.error().code == Errc::unsupported;
        HttpResponse refusal = problem(known ? 405 : 404, command.error(), trace_id);
        if (known) refusal.headers.emplace_back("Allow", command.error().allowed);
        co_return refusal;
    }
    if (!(*command)->allows(caller->role)) {
        const Error error{Errc::forbidden, std::string{name(caller->role)} + " may not call "
                                               + std::string{(*command)->name}};
        co_return problem(403, error, trace_id);
    }
    if ((*command)->is_capture())
        co_return co_await capture(**command, std::move(request), *std::move(caller), trace_id);
    co_return co_await answer(**command, std::move(request), *std::move(caller), trace_id);
}

}  // namespace till
