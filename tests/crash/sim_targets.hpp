#pragma once

#include "tests/crash/target.hpp"
#include "tests/support/sim_disk.hpp"

#include <memory>

namespace till::crash {

/// The journal with its disk thread, as till-agent keeps it, on a simulated disk.
std::unique_ptr<Target> sim_device(SimDisk& disk);
/// The ledger's store, and vault and projector behind it, as till-gateway keeps them.
std::unique_ptr<Target> sim_centre(SimDisk& disk);

}  // namespace till::crash
