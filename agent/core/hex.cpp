#include "agent/core/hex.hpp"

#include <algorithm>

namespace till {

namespace {
int nibble(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}
}  // namespace

std::string hex(BytesView bytes) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const auto octet : octets(bytes)) {
        text += digits[octet >> 4];
        text += digits[octet & 0xf];
    }
    return text;
}

Result<Bytes> unhex(std::string_view text) {
    if (text.size() % 2 != 0) return Error{Errc::malformed, "hex text of odd length"};
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = nibble(text[i]), low = nibble(text[i + 1]);
        if (high < 0 || low < 0) return Error{Errc::malformed, "not a hex digit"};
        bytes += static_cast<char>(high * 16 + low);
    }
    return bytes;
}

Result<Digest> to_digest(BytesView bytes) {
    Digest digest;
    if (bytes.size() != digest.size()) return Error{Errc::malformed, "a digest has 32 bytes"};
    std::ranges::copy(octets(bytes), digest.begin());
    return digest;
}

}  // namespace till
