#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"
#include "agent/store/folder_draft.hpp"
#include "sync/gateway/home.hpp"

#include <filesystem>

namespace till::sync {

/// Copies a gateway's home into `to`, a folder that must not be there yet, while the gateway serves:
/// its databases, each as of one moment and checked, then settings, keys and certificates with
/// their modes. A file SHA256SUMS says what belongs to it. It is on disk at return; until it is
/// whole it is called `to`.partial.
///
/// A copy never lacks what an earlier one refers to: the projection is copied first, then the vault,
/// the ledger and the list of devices. What is in PostgreSQL is not copied.
/// Fails with conflict (`to` or its draft is there), not_found, corrupt (a database is damaged),
/// disk_full or io; then nothing is left behind. Blocks; reads all that is stored.
Result<FolderDraft::Size> backup_home(const HomePaths& home, std::filesystem::path to);

/// Makes `home`, a folder that must not be there yet, from a backup, as another store than before:
/// with a new epoch, so that devices send again what it lacks; every unused enrolment code void, since
/// it may have been used; and receipt generations beyond any that can have been allotted meanwhile.
/// Fails as FolderDraft does.
Result<FolderDraft::Size> restore_home(const std::filesystem::path& from, const HomePaths& home,
                                       WallTime now, Random& random);

}  // namespace till::sync
