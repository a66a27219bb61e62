#pragma once

#include "agent/core/clock.hpp"
#include "agent/crypto/system_random.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>

namespace till::sync::test {

/// A folder that is gone when the test is.
class Folder {
public:
    Folder() {
        std::string name =
            (std::filesystem::temp_directory_path() / "till-gateway-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    Folder(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::filesystem::path operator/(const char* name) const { return path_ / name; }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// A clock that a test moves. It begins on 2026-11-23.
class SetClock final : public Clock {
public:
    Times now() override { return {WallTime{wall}, BootTime{1}, BootId{Uuid{}}}; }
    std::int64_t wall = 1'795'392'000'000;
};

inline constexpr std::int64_t hour_ms = 3'600'000;

}  // namespace till::sync::test
