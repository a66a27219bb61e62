#pragma once

#include "agent/core/result.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <string>
#include <string_view>

namespace till::sync {

using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;
using HttpResponse = boost::beast::http::response<boost::beast::http::string_body>;

/// An answer with that body. Connections are kept alive as the request asked.
HttpResponse answer(const HttpRequest& request, unsigned status, std::string_view content_type,
                    std::string body);

/// An application/problem+json (RFC 9457) answer; the status follows from the code.
HttpResponse problem(const HttpRequest& request, const Error& error);

/// The path of a request's target, without its query.
std::string_view path_of(const HttpRequest& request);

}  // namespace till::sync
