#pragma once

#include "agent/api/state.pb.h"
#include "agent/core/result.hpp"
#include "sync/wire/commands.pb.h"

#include <string_view>

namespace till {

namespace v1 = tillstream::v1;

/// The workstation after a control transaction. Fails with conflict when the order is not a legal
/// one (a shift opened twice, a day closed over an open shift …), saying what would be legal now.
/// `today` is the business day that a day opened without naming one gets. Pure.
Result<v1::WorkstationState> advance(const v1::WorkstationState& state,
                                     const v1::RecordControl& control, std::string_view today);

}  // namespace till
