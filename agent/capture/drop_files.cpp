#include "agent/capture/drop_files.hpp"

#include "agent/core/hex.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace till {

namespace fs = std::filesystem;

namespace {

Error failed(const std::string& what, const fs::path& path) {
    const int code = errno;
    const Errc kind = code == ENOSPC || code == EDQUOT ? Errc::disk_full
                      : code == ENOENT                 ? Errc::not_found
                                                       : Errc::io;
    return Error{kind, what + " " + path.string() + ": " + std::strerror(code)};
}

FileStamp stamp_of(const struct stat& found) {
    return {found.st_ino, static_cast<std::uint64_t>(found.st_size),
            std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec};
}

bool is_meant_to_be_read(std::string_view name) {
    constexpr auto unfinished =
        std::to_array<std::string_view>({".tmp", ".part", ".filepart", ".crdownload"});
    const auto ends = [name](std::string_view suffix) { return name.ends_with(suffix); };
    return !name.starts_with('.') && std::ranges::none_of(unfinished, ends);
}

Result<void> sync_path(const fs::path& path, int flags) {
    const int handle = ::open(path.c_str(), flags | O_CLOEXEC);
    if (handle < 0) return failed("cannot open", path);
    const int status = ::fsync(handle);
    Result<void> outcome;
    if (status != 0) outcome = failed("cannot sync", path);
    ::close(handle);
    return outcome;
}

}  // namespace

Result<std::vector<DropEntry>> list_dropped(const fs::path& folder) {
    std::vector<DropEntry> entries;
    std::error_code bad;
    fs::directory_iterator at{folder, bad};
    if (bad) return Error{Errc::not_found, "cannot read " + folder.string() + ": " + bad.message()};
    for (; at != fs::directory_iterator{}; at.increment(bad)) {
        if (bad) return Error{Errc::io, "cannot read " + folder.string() + ": " + bad.message()};
        const std::string name = at->path().filename().string();
        struct stat found{};
        if (!is_meant_to_be_read(name) || ::lstat(at->path().c_str(), &found) != 0) continue;
        if (S_ISREG(found.st_mode)) entries.push_back({name, stamp_of(found)});
    }
    return entries;
}

Result<DroppedFile> DroppedFile::open(const fs::path& path) {
    const int handle = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (handle < 0) return failed("cannot open", path);
    return DroppedFile{handle};
}

DroppedFile::DroppedFile(DroppedFile&& other) noexcept
    : handle_{std::exchange(other.handle_, -1)} {}

DroppedFile::~DroppedFile() {
    if (handle_ >= 0) ::close(handle_);
}

Result<FileStamp> DroppedFile::stamp() const {
    struct stat found{};
    if (::fstat(handle_, &found) != 0) return failed("cannot stat", "dropped file");
    return stamp_of(found);
}

bool DroppedFile::is_being_written() const {
    // The kernel grants a read lease only while nobody has the file open for writing. Where it
    // cannot tell (another owner's file, a network share) the stamp has to do. A writer who opens it
    // before the lease is given back has us signalled: SIGURG is ignored, SIGIO would end us.
    ::fcntl(handle_, F_SETSIG, SIGURG);
    if (::fcntl(handle_, F_SETLEASE, F_RDLCK) != 0) return errno == EAGAIN;
    ::fcntl(handle_, F_SETLEASE, F_UNLCK);
    return false;
}

Result<std::size_t> DroppedFile::read(std::span<char> into) const {
    ssize_t count = 0;
    do count = ::read(handle_, into.data(), into.size());
    while (count < 0 && errno == EINTR);
    if (count < 0) return failed("cannot read", "dropped file");
    return static_cast<std::size_t>(count);
}

Result<fs::path> move_into(const fs::path& folder, const fs::path& file, const Digest& digest) {
    std::error_code bad;
    fs::create_directories(folder, bad);
    fs::path target = folder / file.filename();
    if (fs::exists(target, bad))
        target = folder / (hex(digest).substr(0, 8) + "-" + file.filename().string());
    if (::rename(file.c_str(), target.c_str()) != 0) return failed("cannot move", file);
    TILL_TRY_VOID(sync_folder(folder));
    TILL_TRY_VOID(sync_folder(file.parent_path()));
    return target;
}

Result<void> write_durably(const fs::path& file, BytesView text) {
    const fs::path draft = file.string() + ".tmp";
    const int handle = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (handle < 0) return failed("cannot write", draft);
    Result<void> outcome;
    while (!text.empty() && outcome) {
        const ssize_t count = ::write(handle, text.data(), text.size());
        if (count < 0 && errno != EINTR) outcome = failed("cannot write", draft);
        if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
    }
    if (outcome && ::fsync(handle) != 0) outcome = failed("cannot sync", draft);
    ::close(handle);
    if (outcome && ::rename(draft.c_str(), file.c_str()) != 0)
        outcome = failed("cannot name", file);
    if (!outcome) return outcome;
    return sync_folder(file.parent_path());
}

Result<void> sync_folder(const fs::path& folder) {
    return sync_path(folder, O_RDONLY | O_DIRECTORY);
}

void remove_older(const fs::path& folder, std::chrono::milliseconds age, std::int64_t now_ms) {
    std::error_code bad;
    for (fs::directory_iterator at{folder, bad}; !bad && at != fs::directory_iterator{};
         at.increment(bad)) {
        struct stat found{};
        if (::lstat(at->path().c_str(), &found) != 0 || !S_ISREG(found.st_mode)) continue;
        // Moving a file changes its status time, and nothing else does here.
        const std::int64_t came_ms = std::int64_t{found.st_ctim.tv_sec} * 1000;
        if (now_ms - came_ms > age.count()) ::unlink(at->path().c_str());
    }
}

}  // namespace till
