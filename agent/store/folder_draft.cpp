#include "agent/store/folder_draft.hpp"

#include "agent/core/hex.hpp"
#include "agent/crypto/hash.hpp"
#include "agent/store/database.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <utility>

namespace till {

namespace {

namespace fs = std::filesystem;

constexpr const char* sums_name = "SHA256SUMS";
constexpr std::size_t digest_digits = 64;

Error failed(const fs::path& file, const std::error_code& cause) {
    const bool full = cause == std::errc::no_space_on_device;
    const bool missing = cause == std::errc::no_such_file_or_directory;
    return {full      ? Errc::disk_full
            : missing ? Errc::not_found
                      : Errc::io,
            file.string() + ": " + cause.message()};
}

Result<void> sync_to_disk(const fs::path& file) {
    const int opened = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (opened < 0) return failed(file, {errno, std::generic_category()});
    const int synced = ::fsync(opened);
    const std::error_code cause{errno, std::generic_category()};
    ::close(opened);
    if (synced != 0) return failed(file, cause);
    return {};
}

Result<std::string> digest_of(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    if (!in) return Error{Errc::not_found, file.string() + " cannot be read"};
    Sha256 sum;
    std::array<char, 64 * 1024> piece{};
    while (in.read(piece.data(), piece.size()) || in.gcount() > 0)
        sum.add({piece.data(), static_cast<std::size_t>(in.gcount())});
    if (in.bad()) return Error{Errc::io, file.string() + " cannot be read"};
    return hex(sum.finish());
}

// Looking at it leaves files beside it that are not part of it.
Result<void> check_database(const fs::path& file) {
    std::string said;
    {
        TILL_TRY(Database database,
                 Database::open({.file = file, .mode = Database::Mode::read_only, .vfs = {}}));
        TILL_TRY(Statement check, database.prepare("PRAGMA quick_check(1)"));
        TILL_TRY(const auto answer, check.one([](const Row& row) { return Bytes{row.bytes(0)}; }));
        said = answer.value_or("");
    }
    for (const char* beside : {"-wal", "-shm"}) {
        std::error_code ignored;
        fs::remove(file.string() + beside, ignored);
    }
    if (said != "ok") return Error{Errc::corrupt, file.filename().string() + ": " + said};
    return {};
}

}  // namespace

FolderDraft::FolderDraft(fs::path target, fs::path draft)
    : target_{std::move(target)}, draft_{std::move(draft)} {}

FolderDraft::FolderDraft(FolderDraft&& other) noexcept
    : target_{std::move(other.target_)},
      draft_{std::exchange(other.draft_, {})},
      parts_{std::move(other.parts_)} {}

FolderDraft::~FolderDraft() {
    std::error_code ignored;
    if (!draft_.empty()) fs::remove_all(draft_, ignored);
}

Result<FolderDraft> FolderDraft::begin(fs::path target) {
    if (!target.has_filename()) target = target.parent_path();  // "name/"
    std::error_code failure;
    if (fs::exists(target, failure))
        return Error{Errc::conflict,
                     target.string() + " is there already; name a folder that is not"};
    const fs::path draft = target.string() + ".partial";
    const bool made = fs::create_directory(draft, failure);
    if (failure) return failed(draft, failure);
    if (!made)
        return Error{Errc::conflict, draft.string()
                                         + " is left of an attempt that was cut short; remove "
                                           "it, or name another folder"};
    FolderDraft begun{std::move(target), draft};
    fs::permissions(draft, fs::perms::owner_all, failure);
    if (failure) return failed(draft, failure);
    return begun;
}

Result<FolderDraft> FolderDraft::from_backup(const fs::path& from, fs::path target) {
    std::ifstream sums{from / sums_name};
    if (!sums)
        return Error{Errc::not_found, from.string()
                                          + " holds no finished backup: there is no SHA256SUMS in "
                                            "it"};
    TILL_TRY(FolderDraft draft, begin(std::move(target)));
    for (std::string line; std::getline(sums, line);) TILL_TRY_VOID(draft.take(from, line));
    for (const auto& entry : fs::recursive_directory_iterator{from}) {
        const fs::path name = entry.path().lexically_relative(from);
        if (entry.is_directory() || name == sums_name) continue;
        if (std::ranges::find(draft.parts_, name) == draft.parts_.end())
            return Error{Errc::corrupt, entry.path().string() + " is not part of the backup: "
                                            + sums_name + " does not name it"};
    }
    return draft;
}

// A line of SHA256SUMS: digest, two spaces, name.
Result<void> FolderDraft::take(const fs::path& from, const std::string& line) {
    if (line.size() < digest_digits + 3)
        return Error{Errc::corrupt, std::string{sums_name} + " is damaged"};
    const fs::path name = fs::path{line.substr(digest_digits + 2)}.lexically_normal();
    if (name.is_absolute() || name.begin()->string() == "..")
        return Error{Errc::corrupt, std::string{sums_name} + " leads out of the backup"};
    if (!fs::exists(from / name))
        return Error{Errc::corrupt, (from / name).string() + " is missing from the backup"};
    TILL_TRY_VOID(add_file(from / name, name));
    TILL_TRY(const std::string sum, digest_of(draft_ / name));
    if (sum != line.substr(0, digest_digits))
        return Error{Errc::corrupt, (from / name).string() + " is not what was backed up"};
    return {};
}

Result<void> FolderDraft::add_database(const fs::path& from, const fs::path& name) {
    {
        TILL_TRY(Database database,
                 Database::open({.file = from, .mode = Database::Mode::read_only, .vfs = {}}));
        TILL_TRY_VOID(database.backup(draft_ / name));
    }
    parts_.push_back(name);
    return check_database(draft_ / name);
}

Result<void> FolderDraft::add_file(const fs::path& from, const fs::path& name) {
    std::error_code failure;
    const fs::path to = draft_ / name;
    if (!fs::exists(to.parent_path(), failure))
        fs::create_directory(to.parent_path(), from.parent_path(), failure);  // With its mode.
    if (!failure) fs::copy_file(from, to, failure);
    if (failure) return failed(from, failure);
    parts_.push_back(name);
    return {};
}

Result<void> FolderDraft::seal() {
    std::ofstream sums{draft_ / sums_name};
    for (const fs::path& name : parts_) {
        TILL_TRY(const std::string sum, digest_of(draft_ / name));
        sums << sum << "  " << name.string() << '\n';
    }
    sums.close();
    if (!sums) return Error{Errc::io, std::string{sums_name} + " cannot be written"};
    return {};
}

Result<FolderDraft::Size> FolderDraft::finish() {
    Size size;
    for (const fs::path& name : parts_) {
        std::error_code gone;  // The maker may have taken it out again.
        const auto bytes = fs::file_size(draft_ / name, gone);
        if (gone) continue;
        ++size.files;
        size.bytes += bytes;
    }
    for (const auto& entry : fs::recursive_directory_iterator{draft_})
        TILL_TRY_VOID(sync_to_disk(entry.path()));
    TILL_TRY_VOID(sync_to_disk(draft_));
    std::error_code failure;
    fs::rename(draft_, target_, failure);
    if (failure) return failed(target_, failure);
    draft_.clear();
    TILL_TRY_VOID(sync_to_disk(target_.has_parent_path() ? target_.parent_path() : fs::path{"."}));
    return size;
}

}  // namespace till
