#pragma once

#include "agent/runtime/http.hpp"

namespace till {

/// Pages that belong to the program: /openapi.json (the HTTP door, made from the command table) and /docs,
/// which shows it. They say nothing of the device and need no token. No I/O.
bool is_page(const HttpRequest& request);
HttpResponse page(const HttpRequest& request);

}  // namespace till
