#include "agent/core/ids.hpp"

#include "agent/core/hex.hpp"

#include <algorithm>

namespace till {

Uuid Uuid::from_random(const std::array<std::uint8_t, 16>& random) {
    Uuid uuid;
    uuid.bytes_ = random;
    uuid.bytes_[6] = static_cast<std::uint8_t>((uuid.bytes_[6] & 0x0f) | 0x40);  // Version 4.
    uuid.bytes_[8] = static_cast<std::uint8_t>((uuid.bytes_[8] & 0x3f) | 0x80);  // RFC variant.
    return uuid;
}

Result<Uuid> Uuid::parse(std::string_view text) {
    std::string digits;
    const bool dashed = text.size() == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-'
                        && text[23] == '-';
    if (dashed)
        std::ranges::copy_if(text, std::back_inserter(digits), [](char c) { return c != '-'; });
    auto bytes = unhex(digits);
    if (!bytes || bytes->size() != 16) return Error{Errc::malformed, "not a UUID"};
    return from_bytes(*bytes);
}

Result<Uuid> Uuid::from_bytes(BytesView bytes) {
    Uuid uuid;
    if (bytes.size() != uuid.bytes_.size()) return Error{Errc::malformed, "a UUID has 16 bytes"};
    std::ranges::copy(octets(bytes), uuid.bytes_.begin());
    return uuid;
}

std::string Uuid::text() const {
    std::string text = hex(bytes());
    for (const std::size_t at : {8, 13, 18, 23}) text.insert(at, 1, '-');
    return text;
}

}  // namespace till
