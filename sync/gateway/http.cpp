#include "sync/gateway/http.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace till::sync {

namespace {

unsigned status_of(Errc code) {
    switch (code) {
        case Errc::malformed:
            return 400;
        case Errc::forbidden:
        case Errc::not_trusted:
            return 403;
        case Errc::not_found:
            return 404;
        case Errc::conflict:
            return 409;
        case Errc::stale:
            return 410;
        case Errc::out_of_range:
            return 422;
        case Errc::busy:
        case Errc::disk_full:
            return 503;
        case Errc::unsupported:
            return 415;
        default:
            return 500;
    }
}

}  // namespace

HttpResponse answer(const HttpRequest& request, unsigned status, std::string_view content_type,
                    std::string body) {
    HttpResponse response{boost::beast::http::int_to_status(status), request.version()};
    response.set(boost::beast::http::field::content_type, content_type);
    response.set(boost::beast::http::field::cache_control, "no-store");
    response.keep_alive(request.keep_alive());
    response.body() = std::move(body);
    response.prepare_payload();
    return response;
}

HttpResponse problem(const HttpRequest& request, const Error& error) {
    const unsigned status = status_of(error.code);
    boost::json::object body{{"type", "about:blank"},
                             {"title", name(error.code)},
                             {"status", status},
                             // What went wrong inside is for our log, not for strangers.
                             {"detail", status == 500 ? "internal error" : error.detail}};
    if (!error.field.empty()) body["field"] = error.field;
    if (!error.allowed.empty()) body["allowed"] = error.allowed;
    return answer(request, status, "application/problem+json", boost::json::serialize(body));
}

std::string_view path_of(const HttpRequest& request) {
    const std::string_view target{request.target().data(), request.target().size()};
    return target.substr(0, target.find('?'));
}

}  // namespace till::sync
