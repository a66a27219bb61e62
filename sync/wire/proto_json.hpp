#pragma once

#include <google/protobuf/message.h>

#include <string>

namespace till::sync {

/// A message as JSON, by protobuf's own mapping but with the fields' names as the .proto has them. "{}" for text
/// that is not UTF-8, which no parsed message has.
std::string proto_json(const google::protobuf::Message& message, bool with_zeros = false);

}  // namespace till::sync
