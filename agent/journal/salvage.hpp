#pragma once

#include "agent/core/result.hpp"
#include "agent/journal/record.hpp"
#include "sync/wire/events.pb.h"

#include <filesystem>
#include <string>

namespace till {

/// What to make anew, from which file.
struct SalvageOrder {
    std::filesystem::path damaged;
    std::filesystem::path into;  ///< Is made; must not exist.
    JournalIdentity
        identity;         ///< As the home knows it; the file's own is used where it can be read.
    Seq witnessed{0};     ///< Known to have been reached (Witness).
    std::string cause;    ///< How the damage showed.
    std::string kept_as;  ///< Name under which the damaged file will lie.
};

/// Makes a healthy journal out of everything that can still be read of a damaged one, page by page:
/// a row that cannot be read costs that row. `damaged` is only read. A first page that is lost is made
/// anew, since it says what every journal's says; leaves to which no page leads any more are looked
/// for one by one.
///
/// The new file holds the events as they lay, as far as the chain leads (from the first, or from the
/// newest that the centre acknowledged); those behind a hole are kept beside (`loose`), each with
/// whether its link to the one before holds. The idempotency keys of all are known in it, and so are
/// the owner's snapshot and the acknowledgement. It is never written to as the current journal again.
///
/// Returns what is missing, which the new file remembers. Fails with io or disk_full when `into`
/// cannot be written; then nothing is changed. Cost: a copy of the journal; two
/// when its first page is lost.
Result<tillstream::v1::JournalDamaged> salvage_journal(const SalvageOrder& order);

}  // namespace till
