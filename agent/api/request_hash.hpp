#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

namespace till {

/// First 16 bytes of SHA-256 over the command's name and its deterministic serialisation, without
/// the values of personal data: only the kinds of identifier take part. The hash lies on the disk in
/// clear, and a hash of a telephone number can be turned back by trying them all
/// (cross/decisions/0041-request-hash-without-persons.md).
Bytes request_hash(std::string_view command_name, const google::protobuf::Message& command);

/// Whether it is an idempotency key; malformed, or a payment card's number, is none.
Result<void> check_key(const std::string& key);

}  // namespace till
