#pragma once

#include "agent/core/clock.hpp"
#include "agent/tillctl/clients.hpp"
#include "agent/tillctl/rescue_file.hpp"

namespace till {

/// What became of one journal of a rescue file.
struct Delivered {
    JournalId journal{Uuid{}};
    Seq had{0};           ///< The centre had the records up to here already.
    Seq head{0};          ///< And has them up to here now.
    bool branch = false;  ///< Its chain is not the centre's: the records were kept aside.
};

/// Hands the records of one journal of `file` over, as the device would have, with an administrator's
/// certificate. Blocks until the centre has committed all; what it has already it is not sent, so a
/// file may be delivered any number of times. Fails with what the centre said, not_found when the
/// file begins later than the centre needs, timed_out when nothing moves for a while.
Result<Delivered> deliver(const GatewayDoor& gateway, RescueFile& file, std::size_t index,
                          Clock& clock);

}  // namespace till
