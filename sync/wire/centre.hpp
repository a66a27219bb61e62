#pragma once

#include "agent/core/ids.hpp"
#include "sync/wire/envelope.hpp"

namespace till::sync {

/// The centre is a device, too: what no till said (a change in a CRM, a merge, an erasure) it keeps in a journal
/// of its own, in the same ledger and chain. No certificate is ever issued for this id.
DeviceId centre_device();

/// Its journal in a store of this epoch: a restored store gets a new one, so that no sequence is used twice.
JournalId centre_journal(BytesView store_epoch);

/// Facts that only the centre's own journal may hold.
bool is_centre_fact(Kind kind);

}  // namespace till::sync
