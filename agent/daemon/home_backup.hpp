#pragma once

#include "agent/store/folder_draft.hpp"

#include <filesystem>
#include <string>

namespace till {

/// Copies an agent's home into `to`, also while the agent runs: journals, what the file drop remembers,
/// settings and local tokens. Not the device's private key: a backup cannot speak for the device, only
/// be read, and what is personal in it stays sealed to the centre. Fails as FolderDraft does, and
/// with not_found when `home` is no agent's.
Result<FolderDraft::Size> backup_agent(const std::filesystem::path& home, std::filesystem::path to);

/// What a restored home was.
struct RestoredAgent {
    std::string store, workstation;
    FolderDraft::Size size;
};

/// Makes `home` from a backup, as a home that is not enrolled: what was captured since the backup is
/// not in it, so it must not go on in the old journal, nor give a receipt number of the old
/// generations. Enrolled again (till-agent enrol, with a code for the same lane) it begins a journal
/// of the generations allotted then, and the old ones answer for their keys. Fails as FolderDraft
/// does, and with corrupt when it is no agent's backup.
Result<RestoredAgent> restore_agent(const std::filesystem::path& from, std::filesystem::path home);

}  // namespace till
