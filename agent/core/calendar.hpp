#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"

#include <string>
#include <string_view>

namespace till {

/// Reads an RFC 3339 instant: "2026-11-23T10:55:20Z", "2026-11-23T18:55:20.5+08:00". The offset is
/// required; finer than milliseconds is cut off; a leap second counts as the next second.
Result<WallTime> parse_rfc3339(std::string_view text);

/// "2026-11-23T10:55:20.500Z".
std::string rfc3339(WallTime time);

/// Succeeds when `text` is a day that exists, written YYYY-MM-DD.
Result<void> check_date(std::string_view text);

}  // namespace till
