#include "agent/core/base64.hpp"

#include <algorithm>

namespace till {

namespace {
constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
}  // namespace

std::string base64url(BytesView bytes) {
    std::string text;
    std::uint32_t held = 0;
    int bits = 0;
    for (const auto octet : octets(bytes)) {
        held = (held << 8) | octet;
        for (bits += 8; bits >= 6; bits -= 6) text += alphabet[(held >> (bits - 6)) & 0x3f];
    }
    if (bits > 0) text += alphabet[(held << (6 - bits)) & 0x3f];
    return text;
}

Result<Bytes> unbase64url(std::string_view text) {
    Bytes bytes;
    std::uint32_t held = 0;
    int bits = 0;
    for (const char c : text) {
        const auto value = alphabet.find(c);
        if (value == std::string_view::npos) return Error{Errc::malformed, "not base64url"};
        held = (held << 6) | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>((held >> bits) & 0xff);
        }
    }
    const auto left_over = held & ((1U << bits) - 1);
    if (bits >= 6 || left_over != 0) return Error{Errc::malformed, "base64url cut short"};
    return bytes;
}

std::string base64(BytesView bytes) {
    std::string text = base64url(bytes);
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

Result<Bytes> unbase64(std::string_view text) {
    std::string url{text.substr(0, text.find_last_not_of('=') + 1)};
    if (text.size() % 4 != 0 || text.size() - url.size() > 2
        || url.find_first_of("-_") != std::string::npos)
        return Error{Errc::malformed, "not base64"};
    std::ranges::replace(url, '+', '-');
    std::ranges::replace(url, '/', '_');
    return unbase64url(url);
}

}  // namespace till
