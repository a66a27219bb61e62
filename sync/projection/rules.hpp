#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/ids.hpp"
#include "sync/wire/envelope.hpp"
#include "sync/wire/events.pb.h"

#include <map>
#include <string>
#include <vector>

namespace till::sync {

namespace v1 = tillstream::v1;

// The thinking of the projection. Pure: no I/O, no clock; linear in the size of the event.

/// Something to look at: what, which field to correct, and why in plain words.
struct Finding {
    std::string code;   ///< For programs: "arithmetic", "unparsable".
    std::string field;  ///< Path in the event's fact, "lines[2].amount"; empty: the whole.
    std::string cause;
    bool holds = false;  ///< The event is kept out of the tables until it is corrected.
};

/// One transaction, wherever it comes in: (store, workstation, business day, source system, number).
/// For our own sales the system is empty and the number is the receipt number.
struct BusinessKey {
    std::string store, workstation, business_day, system, number;
    friend auto operator<=>(const BusinessKey&, const BusinessKey&) = default;
};
/// An own event without a receipt number is named by its journal and seq.
BusinessKey business_key(const v1::Event& event, const JournalId& journal, Seq seq);

/// The note that brings a salvaged event as its body: the innermost one, where the journal that it was
/// salvaged into was damaged in its turn; `proved` only when each of them is.
v1::SalvagedEvent innermost(v1::SalvagedEvent said);
/// Puts what was salvaged from a damaged journal in place of the note that brings it; other events stay.
/// False when it cannot be understood.
bool unwrap_salvaged(v1::Event& event);

/// Whether its capture is known again by its key: our own, by a caller that names its captures. What
/// comes from a foreign source has a business key; the agent's own notes are nobody's capture.
bool has_capture_key(const v1::Event& event);
/// SHA-256 over (device, caller, key): one capture, whichever journal of the device it lies in.
Digest capture_key(const Uuid& device, const v1::Origin& origin);

/// SHA-256 of what a transaction says: without doubts, times of capture, how it was entered and
/// which feed versions were in force. Clears those fields of its argument.
Digest content_hash(v1::RetailTransaction& spent);
Digest content_hash(v1::StockAdjustment& spent);

/// Whether this build knows the kind.
bool is_known(Kind kind);

/// What is wrong with a transaction in itself. A foreign source's doubts are findings that do not
/// hold it up: that sale has happened.
std::vector<Finding> check(const v1::RetailTransaction& sale);

/// Whether it counts in totals: completed and not training.
bool counts(const v1::RetailTransaction& sale);
/// Whether all its lines that count are return lines.
bool only_returns(const v1::RetailTransaction& sale);
/// Names one line of one transaction, for "the same line returned twice"; empty when it names none.
std::string line_key(const v1::OriginalLine& original);

/// Measures of a day, by name: "transactions", "gross", "net", "tax", "CASH count", "CASH applied".
using Measures = std::map<std::string, std::int64_t>;
/// What a transaction adds to its day, the rule that devices count by, too.
Measures measures(const v1::RetailTransaction& sale);
/// "CASH" of TENDER_TYPE_CASH.
std::string tender_name(int type);

}  // namespace till::sync
