#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <utility>

namespace till {

/// A value of type Rep that cannot be mistaken for another one.
template <class Tag, class Rep>
class Id {
public:
    constexpr explicit Id(Rep value) : value_{std::move(value)} {}
    constexpr const Rep& value() const noexcept { return value_; }
    friend constexpr auto operator<=>(const Id&, const Id&) = default;

private:
    Rep value_;
};

/// 128 bits that name something for ever (RFC 9562). Text is the 36-character lower-case form.
class Uuid {
public:
    constexpr Uuid() = default;  ///< The nil UUID: "none".

    /// A random (version 4) UUID from 16 random bytes.
    static Uuid from_random(const std::array<std::uint8_t, 16>& random);
    static Result<Uuid> parse(std::string_view text);  ///< 36 characters, either case.
    static Result<Uuid> from_bytes(BytesView bytes);   ///< Exactly 16 bytes.

    std::string text() const;
    BytesView bytes() const noexcept { return view(bytes_); }
    bool is_nil() const noexcept { return *this == Uuid{}; }
    friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;

private:
    std::array<std::uint8_t, 16> bytes_{};
};

using Seq = Id<struct SeqTag, std::uint64_t>;   ///< Position in one journal; the first is 1.
using JournalId = Id<struct JournalTag, Uuid>;  ///< One device's one journal.
using DeviceId = Id<struct DeviceTag, Uuid>;    ///< Subject of the device's certificate.
using BootId = Id<struct BootTag, Uuid>;        ///< One run of the device's kernel.
using Generation = Id<struct GenerationTag, std::uint32_t>;  ///< Receipt-number generation.

constexpr Seq next(Seq seq) { return Seq{seq.value() + 1}; }

}  // namespace till
