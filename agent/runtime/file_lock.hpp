#pragma once

#include "agent/core/result.hpp"

#include <filesystem>
#include <utility>

namespace till {

/// Holds a file locked (flock) while it lives, so that two programs never work in one folder. The
/// kernel lets go of it when the process ends, however it ends.
class FileLock {
public:
    /// Makes the file where it is not there. Fails with busy when another process holds it.
    static Result<FileLock> take(const std::filesystem::path& file);

    FileLock(FileLock&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
    FileLock& operator=(FileLock&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~FileLock();

private:
    explicit FileLock(int descriptor) : descriptor_{descriptor} {}
    int descriptor_;
};

}  // namespace till
