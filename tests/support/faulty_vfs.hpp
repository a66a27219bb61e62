#pragma once

namespace till {

/// The default SQLite VFS, registered a second time as "faulty": its n-th write or sync from now on
/// fails, and, when `for_ever`, all later ones. One at a time; not for two threads to arm.
struct FaultyVfs {
    enum class Fault { io, disk_full };
    static const char* name();  ///< Registers it at the first call.
    static void arm(int n, Fault fault, bool for_ever);
    static bool disarm();  ///< True when the fault has happened.
};

}  // namespace till
