#pragma once

#include <string>
#include <string_view>

namespace till::drivers {

enum class UriPart { path, query };

/// RFC 3986 percent-encoding of everything but the unreserved characters; a space becomes `+` in
/// a query.
std::string uri_escape(std::string_view text, UriPart part);

/// The reverse. A `%` that no two hexadecimal digits follow stays as it is. Appends to `out`.
void uri_unescape(std::string_view text, UriPart part, std::string& out);

/// Whether every character may stand in a URI.
bool is_uri_text(std::string_view text);

}  // namespace till::drivers
