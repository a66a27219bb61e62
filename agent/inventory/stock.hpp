#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"
#include "sync/wire/commands.pb.h"

namespace till {

namespace v1 = tillstream::v1;

/// Count lines of a session. Zero counted is a count and must be written; each line has its own
/// time, `now` where it says none. Refused with the path of the field.
Result<v1::StockCountLines> build_count(const v1::RecordCount& command, WallTime now);

/// Signed changes of stock, each with its reason (or the command's). With `source` nothing but
/// undecodable input is refused: objections become doubts.
Result<v1::StockAdjustment> build_adjustment(const v1::RecordAdjustment& command, WallTime now);

}  // namespace till
