#include "agent/tillctl/json_text.hpp"

#include <cstddef>

namespace till {

namespace {

constexpr bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// The bytes of the UTF-8 sequence at the front; 0 when there is none. Overlong forms and
/// surrogates pass: only the shape matters here, and a JSON reader takes it.
std::size_t sequence_length(std::string_view bytes) {
    const auto lead = static_cast<unsigned char>(bytes[0]);
    const std::size_t length = lead < 0x80    ? 1
                               : lead < 0xC2  ? 0
                               : lead < 0xE0  ? 2
                               : lead < 0xF0  ? 3
                               : lead <= 0xF4 ? 4
                                              : 0;
    if (length == 0 || bytes.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if (!is_continuation(bytes[i])) return 0;
    return length;
}

}  // namespace

std::string latin1_to_utf8(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            out += c;
        } else {
            out += static_cast<char>(0xC0 | (byte >> 6));
            out += static_cast<char>(0x80 | (byte & 0x3F));
        }
    }
    return out;
}

std::string utf8_to_latin1(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x80) {
            out += text[i];
        } else if ((byte == 0xC2 || byte == 0xC3) && i + 1 < text.size()
                   && is_continuation(text[i + 1])) {
            ++i;
            out += static_cast<char>((byte << 6) | (static_cast<unsigned char>(text[i]) & 0x3F));
        } else {
            return std::string{text};
        }
    }
    return out;
}

std::string json_text(std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
        const auto length = sequence_length(bytes.substr(at));
        if (length == 0) return latin1_to_utf8(bytes);
        at += length;
    }
    return std::string{bytes};
}

}  // namespace till
