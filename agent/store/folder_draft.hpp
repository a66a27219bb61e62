#pragma once

#include "agent/core/result.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace till {

/// A folder that is copied together, its databases while others use them: a backup, or what is made
/// from one. It is called `target`.partial until finish(), so that a name means that all is there
/// and on disk; dropped before that, nothing is left. Blocks.
///
/// Fails with conflict (`target` or its draft is there), not_found, corrupt, disk_full or io.
class FolderDraft {
public:
    struct Size {
        std::size_t files = 0;
        std::uintmax_t bytes = 0;
    };

    static Result<FolderDraft> begin(std::filesystem::path target);
    /// Begun with all that the backup `from` holds. Fails with not_found when it is no finished one,
    /// with corrupt when a file of it is missing, is not what was backed up, or is not named by its
    /// SHA256SUMS.
    static Result<FolderDraft> from_backup(const std::filesystem::path& from,
                                           std::filesystem::path target);
    FolderDraft(FolderDraft&& other) noexcept;
    FolderDraft& operator=(FolderDraft&&) = delete;
    ~FolderDraft();

    const std::filesystem::path& path() const { return draft_; }

    /// A database as of one moment, checked. `name` is relative to the folder.
    Result<void> add_database(const std::filesystem::path& from, const std::filesystem::path& name);
    /// A file with its mode.
    Result<void> add_file(const std::filesystem::path& from, const std::filesystem::path& name);

    /// Makes SHA256SUMS (as `sha256sum --check` reads it) of what was added: the folder is a backup.
    Result<void> seal();
    /// On disk, under its name, when it returns.
    Result<Size> finish();

private:
    FolderDraft(std::filesystem::path target, std::filesystem::path draft);
    Result<void> take(const std::filesystem::path& from, const std::string& line);

    std::filesystem::path target_, draft_;
    std::vector<std::filesystem::path> parts_;
};

}  // namespace till
