#pragma once

#include "agent/core/result.hpp"

#include <google/protobuf/message.h>

#include <string_view>

namespace till {

/// Reads "after=7&limit=100" into the fields of those names: whole numbers and percent-encoded text.
/// Fails with malformed for a name the message does not
/// have, out_of_range for a value that does not fit; `field` is the parameter.
Result<void> from_query(std::string_view query, google::protobuf::Message& message);

}  // namespace till
