#pragma once

#include "agent/core/result.hpp"
#include "agent/runtime/http.hpp"
#include "sync/wire/commands.pb.h"

#include <string_view>

namespace till {

/// The status that says what `error` says. What is the agent's own fault is 500 or 503.
unsigned http_status(const Error& error);

/// RFC 9457, for every door. A status of 500 tells nothing but the trace id: its cause is for the log.
tillstream::v1::Problem problem_of(unsigned status, const Error& error, BytesView trace_id);

/// The same as application/problem+json. 503 says when to try again, 401 what is wanted.
HttpResponse problem(unsigned status, const Error& error, BytesView trace_id);

}  // namespace till
