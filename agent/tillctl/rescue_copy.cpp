#include "agent/tillctl/rescue_copy.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace till {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t block_bytes = 4096;  // A page of the journal.

class Descriptor {
public:
    explicit Descriptor(int number) : number_{number} {}
    Descriptor(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int operator*() const { return number_; }

private:
    int number_;
};

Error last_error(const fs::path& file) {
    return Error{errno == ENOSPC ? Errc::disk_full : Errc::io,
                 file.string() + ": " + std::strerror(errno)};
}

bool is_journal(const fs::path& file) {
    const std::string name = file.filename().string();
    return name.starts_with("journal-") && name.find(".db") != std::string::npos;
}

/// Databases, their logs and witnesses, and the small files that say who the device is. The shared
/// memory of a process that is gone is not wanted; nor are its secrets.
bool is_wanted(const fs::path& file) {
    const std::string name = file.filename().string();
    if (is_journal(file)) return !name.ends_with("-shm");
    return name == "enrolment.toml" || name == "generations" || name == "retired"
           || name.starts_with("salvaged-");
}

bool has_journals(const fs::path& folder) {
    std::error_code failure;
    for (fs::directory_iterator at{folder, failure}, end; !failure && at != end;
         at.increment(failure))
        if (is_journal(at->path())) return true;
    return false;
}

void look_below(const fs::path& folder, int depth, std::vector<fs::path>& found) {
    if (has_journals(folder)) return found.push_back(folder);
    if (depth == 0) return;
    std::error_code failure;
    for (fs::directory_iterator at{folder, failure}, end; !failure && at != end;
         at.increment(failure)) {
        std::error_code ignored;
        if (at->is_directory(ignored) && !at->is_symlink(ignored))
            look_below(at->path(), depth - 1, found);
    }
}

bool is_in_use(const fs::path& home) {
    const Descriptor lock{::open((home / "lock").c_str(), O_RDONLY | O_CLOEXEC)};
    return *lock >= 0 && ::flock(*lock, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

/// One block, read whole; nothing when the disk will not give it.
std::optional<std::size_t> read_block(int from, char* into, off_t at) {
    std::size_t done = 0;
    while (done < block_bytes) {
        const auto got =
            ::pread(from, into + done, block_bytes - done, at + static_cast<off_t>(done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::nullopt;
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

Result<void> write_block(int to, const fs::path& file, std::string_view block, off_t at) {
    while (!block.empty()) {
        const auto written = ::pwrite(to, block.data(), block.size(), at);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return last_error(file);
        block.remove_prefix(static_cast<std::size_t>(written));
        at += written;
    }
    return {};
}

Result<std::uint64_t> copy_blocks(const fs::path& from, const fs::path& to) {
    const Descriptor source{::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    struct stat found{};
    if (*source < 0 || ::fstat(*source, &found) != 0) return last_error(from);
    const Descriptor target{::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (*target < 0) return last_error(to);
    std::uint64_t lost = 0;
    std::string block(block_bytes, '\0');
    for (off_t at = 0; at < found.st_size; at += static_cast<off_t>(block_bytes)) {
        const auto size = static_cast<std::size_t>(
            std::min<off_t>(found.st_size - at, static_cast<off_t>(block_bytes)));
        if (!read_block(*source, block.data(), at)) {
            block.assign(block_bytes, '\0');
            lost += size;
        }
        TILL_TRY_VOID(write_block(*target, to, std::string_view{block}.substr(0, size), at));
    }
    return lost;
}

}  // namespace

Result<fs::path> find_home(const fs::path& disk) {
    std::error_code failure;
    if (!fs::is_directory(disk, failure))
        return Error{
            Errc::not_found,
            disk.string() + " is not a folder: mount the disk read-only, and name where it is"};
    std::vector<fs::path> found;
    look_below(disk, 8, found);
    if (found.empty())
        return Error{Errc::not_found,
                     "no till-agent's folder (with journal-*.db) in " + disk.string()};
    if (found.size() > 1) {
        std::string all;
        for (const auto& one : found) all += "\n  " + one.string();
        return Error{Errc::not_found, "several agents' folders there; name one of them:" + all};
    }
    if (is_in_use(found.front()))
        return Error{Errc::busy, "an agent is running in " + found.front().string()
                                     + ": it sends by itself; stop it to rescue its disk"};
    return found.front();
}

Result<std::uint64_t> copy_home(const fs::path& home, const fs::path& into) {
    if (::mkdir(into.c_str(), 0700) != 0) return last_error(into);
    std::uint64_t lost = 0;
    std::error_code failure;
    for (fs::directory_iterator at{home, failure}, end; !failure && at != end;
         at.increment(failure)) {
        if (at->is_symlink() || !at->is_regular_file() || !is_wanted(at->path())) continue;
        TILL_TRY(const auto more, copy_blocks(at->path(), into / at->path().filename()));
        lost += more;
    }
    if (failure) return Error{Errc::io, home.string() + ": " + failure.message()};
    return lost;
}

}  // namespace till
