#pragma once

#include "sync/wire/events.pb.h"

#include <string>

namespace till::sync {

namespace v1 = tillstream::v1;

/// Why these two cannot be one person ("birth dates differ"); empty when nothing contradicts. What is not known
/// of either contradicts nothing: another phone number, address or card is normal. Pure.
std::string contradiction(const v1::Personal& one, const v1::Personal& other);

}  // namespace till::sync
