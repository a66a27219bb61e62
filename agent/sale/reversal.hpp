#pragma once

#include "sync/wire/events.pb.h"

#include <cstdint>

namespace till {

namespace v1 = tillstream::v1;

/// The reversal a post-void stores: `original` with every amount and quantity negated, at `now_ms`.
/// Added to the original, every amount is zero.
v1::RetailTransaction reversal_of(const v1::RetailTransaction& original, std::int64_t now_ms);

}  // namespace till
