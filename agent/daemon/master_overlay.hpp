#pragma once

#include "agent/api/settings.hpp"
#include "sync/wire/masterdata.pb.h"

namespace till {

/// The settings of a register as master data changes them. What the store's record leaves empty stays as
/// the settings file says; tax rules replace the file's once there is any. What this device cannot follow (a
/// time zone it does not know) is left as it was, with a warning in the log.
WorkstationSettings overlaid(WorkstationSettings own, const tillstream::v1::MasterData& lists);

}  // namespace till
