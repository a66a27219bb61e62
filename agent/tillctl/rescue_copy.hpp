#pragma once

#include "agent/core/result.hpp"

#include <cstdint>
#include <filesystem>

namespace till {

/// The agent's folder on a disk: `disk` itself, or the one folder below it that has journals. Fails
/// with not_found, naming them when there are several; busy when an agent is running in it.
Result<std::filesystem::path> find_home(const std::filesystem::path& disk);

/// Copies what a rescue needs of an agent's folder into `into`, which is made with mode 0700. A
/// block that the disk will not give is left as zeros and counted; the journal's own checks find it.
/// Returns the bytes so lost. Nothing is written to `home`.
Result<std::uint64_t> copy_home(const std::filesystem::path& home,
                                const std::filesystem::path& into);

/// A folder that is removed with all in it, before and after.
struct WorkFolder {
    explicit WorkFolder(std::filesystem::path folder) : path{std::move(folder)} { remove(); }
    WorkFolder(const WorkFolder&) = delete;
    ~WorkFolder() { remove(); }
    std::filesystem::path path;

private:
    void remove() const {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
};

}  // namespace till
