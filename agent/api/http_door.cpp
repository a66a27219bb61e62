#include "agent/api/http_door.hpp"

#include "agent/api/json.hpp"
#include "agent/api/problem.hpp"
#include "agent/core/hex.hpp"
#include "agent/runtime/log.hpp"

#include <algorithm>
#include <charconv>

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

std::optional<Caller> caller_of(const HttpRequest& request, const Tokens& tokens) {
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

/// "after=7&limit=100"
Result<v1::ReadEvents> parse_query(std::string_view query) {
    v1::ReadEvents out;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        const auto equals = pair.find('=');
        const std::string name{pair.substr(0, equals)};
        const auto text =
            equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
        std::uint64_t number = 0;
        const auto [end, failed] = std::from_chars(text.begin(), text.end(), number);
        const bool whole = failed == std::errc{} && end == text.end();
        if (name != "after" && name != "limit")
            return Error{Errc::malformed, "unknown parameter", name, "after and limit"};
        if (!whole || (name == "limit" && number > 1000))
            return Error{Errc::out_of_range, "not a number that fits", name,
                         name == "limit" ? "1 to 1000" : "a sequence, 0 or more"};
        if (name == "after")
            out.set_after(number);
        else
            out.set_limit(static_cast<std::uint32_t>(number));
    }
    return out;
}

HttpResponse json(unsigned status, const google::protobuf::Message& message,
                  Zeros zeros = Zeros::left_out) {
    HttpResponse response{.status = status};
    response.body = to_json(message, zeros);
    return response;
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
    if (!is_json(request.header("content-type"))) {
        const Error error{Errc::unsupported, "not JSON", "Content-Type", "application/json"};
        co_return problem(415, error, trace_id);
    }
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
    auto captured = co_await table_.execute(std::move(call), *message);
    if (captured) co_return json(captured->replayed() ? 200 : 201, *captured);
    Error error = std::move(captured).error();
    if (error.field == "idempotency_key") error.field = "Idempotency-Key";
    co_return refuse(error, trace_id);
}

asio::awaitable<HttpResponse> HttpDoor::answer(const CommandInfo& command, HttpRequest request,
                                               Caller caller, Bytes trace_id) {
    if (command.prototype->GetDescriptor() == v1::ReadStatus::descriptor()) {
        const auto status = table_.status(caller);
        co_return status ? json(200, *status, Zeros::shown) : refuse(status.error(), trace_id);
    }
    auto query = parse_query(request.query());
    if (!query) co_return problem(400, query.error(), trace_id);
    const auto page = co_await table_.read_events(std::move(caller), *std::move(query));
    co_return page ? json(200, *page) : refuse(page.error(), trace_id);
}

asio::awaitable<HttpResponse> HttpDoor::handle(HttpRequest request) {
    Bytes trace_id = trace_id_of(request.header("traceparent"));
    if (trace_id.empty()) trace_id = Bytes{random_.uuid().bytes()};
    if (const auto place = check_place(request); !place)
        co_return problem(403, place.error(), trace_id);
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
