#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

namespace till {

/// RFC 4648 §5: URL-safe alphabet, no padding. For tokens, codes and keys in text.
std::string base64url(BytesView bytes);

/// Fails on any character outside the alphabet, padding included.
Result<Bytes> unbase64url(std::string_view text);

/// The same with the usual alphabet, padded: RFC 4648 §4.
std::string base64(BytesView bytes);
Result<Bytes> unbase64(std::string_view text);

}  // namespace till
