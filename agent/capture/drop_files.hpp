#pragma once

#include "agent/capture/readiness.hpp"
#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

#include <chrono>
#include <filesystem>
#include <span>
#include <vector>

namespace till {

/// The regular files of a drop folder that are meant to be read: not hidden, not with the name of a
/// file that is still being copied (.tmp, .part, .filepart, .crdownload). not_found without a folder.
Result<std::vector<DropEntry>> list_dropped(const std::filesystem::path& folder);

/// A dropped file, open for reading. Never follows a symbolic link.
class DroppedFile {
public:
    static Result<DroppedFile> open(const std::filesystem::path& path);
    DroppedFile(DroppedFile&& other) noexcept;
    ~DroppedFile();

    Result<FileStamp> stamp() const;
    /// Whether any process of this machine has it open for writing.
    bool is_being_written() const;
    /// How much was read; 0 at the end.
    Result<std::size_t> read(std::span<char> into) const;

private:
    explicit DroppedFile(int handle) : handle_{handle} {}
    int handle_;
};

/// Moves `file` into `folder` under its own name, or, when another file has that name, with the
/// first bytes of `digest` before it. Durable when it returns. Returns the new path.
Result<std::filesystem::path> move_into(const std::filesystem::path& folder,
                                        const std::filesystem::path& file, const Digest& digest);

/// Writes `text` so that after a power cut `file` is either as it was or whole.
Result<void> write_durably(const std::filesystem::path& file, BytesView text);
/// Makes names given, taken or changed in `folder` survive a power cut.
Result<void> sync_folder(const std::filesystem::path& folder);

/// Removes files that came into `folder` longer ago than `age`.
void remove_older(const std::filesystem::path& folder, std::chrono::milliseconds age,
                  std::int64_t now_ms);

}  // namespace till
