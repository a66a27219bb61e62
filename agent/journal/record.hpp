#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/clock.hpp"
#include "agent/core/ids.hpp"
#include "sync/wire/envelope.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace till {

/// Which number an event takes out of the journal, in the transaction that stores it.
enum class Numbering : std::uint8_t {
    none,         ///< Controls, counts, customers.
    transaction,  ///< A foreign POS's sale: a transaction number, but no receipt number of ours.
    receipt,      ///< Our own sale: transaction number and receipt number.
};

/// What a capture asks the journal to store. The journal adds seq, times, numbers and chain.
struct Draft {
    sync::Kind kind{0};
    /// A serialised Event without its `numbers`. When the journal hands out numbers it appends to
    /// these bytes a serialised Event that has `numbers` only: protobuf reads the concatenation of
    /// two messages as their merge, so nobody re-serialises what the capture wrote.
    Bytes body;
    Bytes sealed;        ///< The sealed part, or empty.
    std::string caller;  ///< Part of the idempotency key.
    std::string key;     ///< Unique for this caller for ever; never empty.
    Bytes request_hash;  ///< 16 bytes over the canonical command.
    Numbering numbering = Numbering::none;
    std::optional<Bytes>
        state_after;  ///< Replaces the owner's snapshot (Journal::state) when stored.
};

/// Where a draft ended up. For a replay, what the first capture was given.
struct Stored {
    JournalId journal{Uuid{}};  ///< Of a replay it may be an earlier journal of this device.
    Seq seq{0};
    std::string receipt_number;            ///< Empty unless Numbering::receipt.
    std::uint64_t transaction_number = 0;  ///< 0 for Numbering::none.
    bool replayed = false;                 ///< (caller, key, request_hash) was stored before.
};

/// How far a journal goes, and the hash that proves it.
struct Head {
    Seq seq{0};  ///< 0 when empty.
    Digest hash{};
};

/// Who a journal is: fixed when it is made.
struct JournalIdentity {
    JournalId journal{Uuid{}};
    DeviceId device{Uuid{}};
    std::optional<JournalId> predecessor;  ///< The journal this device wrote before.
    std::string receipt_prefix;  ///< Workstation, e.g. "12-3"; receipts are "12-3-G-NNNNNN".
    Generation generation{1};    ///< Allotted by enrolment; each journal consumes one.
};

}  // namespace till
