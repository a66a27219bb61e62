#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

namespace till {

/// Lower-case hexadecimal.
std::string hex(BytesView bytes);
inline std::string hex(const Digest& digest) { return hex(view(digest)); }

/// Accepts upper and lower case; fails on an odd length or any other character.
Result<Bytes> unhex(std::string_view text);

/// A 32-byte value from its bytes; fails on any other length.
Result<Digest> to_digest(BytesView bytes);

}  // namespace till
