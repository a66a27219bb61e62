#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace till {

/// What tells one state of a file from another.
struct FileStamp {
    std::uint64_t inode = 0, size = 0;
    std::int64_t modified_ns = 0;
    friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

struct DropEntry {
    std::string name;
    FileStamp stamp;
};

/// Which dropped file may be read now: one that has kept its stamp for a while and was not put off.
/// Pure: time comes in as an argument and only goes forward.
class Readiness {
public:
    using Time = std::chrono::steady_clock::time_point;
    explicit Readiness(std::chrono::milliseconds settle) : settle_{settle} {}

    /// What the folder holds now. A file not seen before, or changed, starts waiting.
    void see(const std::vector<DropEntry>& listing, Time now);
    /// Of the files that may be read, the one written first.
    std::optional<DropEntry> ready(Time now) const;
    /// When the next file may be read; empty when there is none at all.
    std::optional<Time> next() const;
    /// Not before `until`, even though it keeps its stamp.
    void put_off(const std::string& name, Time until);
    /// How long it has kept its stamp.
    std::chrono::steady_clock::duration unchanged(const std::string& name, Time now) const;

private:
    struct Waiting {
        FileStamp stamp;
        Time since, not_before;
    };
    std::chrono::milliseconds settle_;
    std::map<std::string, Waiting> files_;
};

}  // namespace till
