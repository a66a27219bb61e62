#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

namespace till {

/// RFC 4648 §5: URL-safe alphabet, no padding. For tokens, codes and keys in text.
std::string base64url(BytesView bytes);

/// Fails on any character outside the alphabet, padding included.
Result<Bytes> unbase64url(std::string_view text);

}  // namespace till
