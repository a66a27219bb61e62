#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"
#include "agent/journal/record.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace till {

/// What a rescue brought out of a disk.
struct Rescued {
    struct Journal {
        JournalIdentity identity;
        Seq from{0}, head{0};  ///< Records after `from` up to `head` are in the file.
        Seq acknowledged{0};   ///< The device knew that the centre had these.
    };
    std::filesystem::path home;  ///< Where on the disk the agent's folder was.
    std::string store, workstation;
    std::vector<Journal> journals;
    std::uint64_t unreadable_bytes = 0;  ///< The disk itself refused to give.
    std::vector<std::string> set_aside;  ///< Damaged journals: what of them was readable is here.
};

/// Takes out of `disk`, an agent's folder or a mounted disk that has one somewhere, the records that
/// the device did not know to be at the centre (`all`: every record it has), into `file`.
///
/// Nothing is written to the disk: the folder is copied beside `file` first, block by block, and the
/// copy is started as the agent itself would be: a damaged journal gives what can be read of it.
/// Fails with not_found (no agent's folder, or several: named), busy (an agent runs there), conflict
/// (`file` exists), disk_full, io. Needs room for a copy of the journals.
Result<Rescued> rescue_disk(const std::filesystem::path& disk, const std::filesystem::path& file,
                            bool all, Clock& clock);

}  // namespace till
