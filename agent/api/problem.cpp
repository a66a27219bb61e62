#include "agent/api/problem.hpp"

#include "agent/api/json.hpp"
#include "agent/core/hex.hpp"

namespace till {

namespace {

/// It is outside the command, as HTTP says it and as a Call does.
bool is_key(std::string_view field) {
    return field == "Idempotency-Key" || field == "idempotency_key";
}

}  // namespace

unsigned http_status(const Error& error) {
    const bool about_field = !error.field.empty();
    switch (error.code) {
        case Errc::malformed:
            return about_field && !is_key(error.field) ? 422 : 400;
        case Errc::out_of_range:
            return about_field ? 422 : 413;  // A record over the limit has no field.
        case Errc::unsupported:
            return about_field ? 422 : 500;
        case Errc::not_found:
            return 404;
        case Errc::conflict:
        case Errc::stale:
            return 409;
        case Errc::forbidden:
        case Errc::not_trusted:
            return 403;
        case Errc::busy:
        case Errc::disk_full:
        case Errc::outcome_unknown:
        case Errc::timed_out:
        case Errc::abandoned:
        case Errc::closed:
            return 503;
        case Errc::io:
        case Errc::corrupt:
            return 500;
    }
    return 500;
}

tillstream::v1::Problem problem_of(unsigned status, const Error& error, BytesView trace_id) {
    tillstream::v1::Problem body;
    body.set_type("about:blank");
    body.set_title(std::string{name(error.code)});
    body.set_status(status);
    body.set_detail(status == 500 ? "the agent could not do it; its log says why" : error.detail);
    if (status != 500) {
        body.set_field(error.field);
        body.set_allowed(error.allowed);
    }
    body.set_trace_id(hex(trace_id));
    return body;
}

HttpResponse problem(unsigned status, const Error& error, BytesView trace_id) {
    HttpResponse response{.status = status, .content_type = "application/problem+json"};
    if (status == 503) response.headers.emplace_back("Retry-After", "1");
    if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    response.body = to_json(problem_of(status, error, trace_id));
    return response;
}

}  // namespace till
