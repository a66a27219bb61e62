#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace till {

/// Owned raw bytes. A std::string, because protobuf, SQLite and Beast all hand bytes over as one
/// and a copy at each border would be the dearest thing the agent does
/// (cross/decisions/0002-bytes-are-strings.md).
using Bytes = std::string;
using BytesView = std::string_view;

/// A SHA-256 value.
using Digest = std::array<std::uint8_t, 32>;

inline BytesView view(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::span<const std::uint8_t> octets(BytesView bytes) {
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

}  // namespace till
