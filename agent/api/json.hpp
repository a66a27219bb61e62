#pragma once

#include "agent/core/result.hpp"

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace till {

/// Protobuf's JSON mapping with the field names as the .proto files write them. Zeros and empty texts
/// are left out, unless a reader is better served by seeing them.
enum class Zeros : std::uint8_t { left_out, shown };
std::string to_json(const google::protobuf::Message& message, Zeros zeros = Zeros::left_out);

/// Reads JSON into `message`. Unlike plain protobuf, a number may stand where text is wanted
/// (`"quantity": 1.5`): it is taken digit by digit as it is written, never through floating point.
/// Exponents are refused. Fails with malformed: `field` names the unknown or wrong field where there
/// is one, `detail` gives line and column where the text itself is not JSON.
Result<void> from_json(std::string_view text, google::protobuf::Message& message);

}  // namespace till
