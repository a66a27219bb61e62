#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/clock.hpp"
#include "agent/core/ids.hpp"

#include <cstdint>
#include <optional>

namespace till::sync {

/// Field number of the fact inside Event's oneof. Kinds this build does not know are carried, too.
using Kind = Id<struct KindTag, std::uint32_t>;

/// The version of the chain rule this build writes.
inline constexpr std::uint32_t envelope_version = 1;

/// One record of a journal as it is chained and as it travels, verbatim, from the device's disk to
/// the centre's. `body` is a serialised Event that nobody re-serialises. `sealed` is the detachable
/// personal part; after an erasure only its hash remains and the chain still verifies.
struct Envelope {
    std::uint32_t version = envelope_version;
    Seq seq{0};
    Kind kind{0};
    Times times;
    Bytes body;
    Bytes sealed;                         ///< Empty when there is none or when it was erased.
    std::optional<Digest> erased_sealed;  ///< SHA-256 of a sealed part that was erased.
    friend bool operator==(const Envelope&, const Envelope&) = default;
};

}  // namespace till::sync
