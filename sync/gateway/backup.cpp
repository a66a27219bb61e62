#include "sync/gateway/backup.hpp"

#include "agent/core/hex.hpp"
#include "agent/crypto/hash.hpp"
#include "agent/store/database.hpp"
#include "sync/gateway/registry.hpp"
#include "sync/ledger/sqlite_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <vector>

namespace till::sync {

namespace {

namespace fs = std::filesystem;

// Copied in this order: what comes later is what those before it refer to.
constexpr std::array databases = {"projection.db", "vault.db", "ledger.db", "registry.db"};
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

/// A folder that has its name only once it is whole and on disk; else it goes again.
class Draft {
public:
    static Result<Draft> begin(fs::path target) {
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
        Draft begun{std::move(target), draft};
        fs::permissions(draft, fs::perms::owner_all, failure);
        if (failure) return failed(draft, failure);
        return begun;
    }
    Draft(Draft&& other) noexcept
        : target_{std::move(other.target_)}, draft_{std::exchange(other.draft_, {})} {}
    Draft& operator=(Draft&&) = delete;
    ~Draft() {
        std::error_code ignored;
        if (!draft_.empty()) fs::remove_all(draft_, ignored);
    }

    const fs::path& path() const { return draft_; }

    Result<void> finish() {
        for (const auto& entry : fs::recursive_directory_iterator{draft_})
            TILL_TRY_VOID(sync_to_disk(entry.path()));
        TILL_TRY_VOID(sync_to_disk(draft_));
        std::error_code failure;
        fs::rename(draft_, target_, failure);
        if (failure) return failed(target_, failure);
        draft_.clear();
        return sync_to_disk(target_.has_parent_path() ? target_.parent_path() : fs::path{"."});
    }

private:
    Draft(fs::path target, fs::path draft) : target_{std::move(target)}, draft_{std::move(draft)} {}
    fs::path target_, draft_;
};

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

Result<void> copy_plain_file(const fs::path& from, const fs::path& to) {
    std::error_code failure;
    if (!fs::exists(to.parent_path(), failure))
        fs::create_directory(to.parent_path(), from.parent_path(), failure);  // With its mode.
    if (!failure) fs::copy_file(from, to, failure);
    if (failure) return failed(from, failure);
    return {};
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

Result<void> copy_database(const fs::path& from, const fs::path& to) {
    {
        TILL_TRY(Database database,
                 Database::open({.file = from, .mode = Database::Mode::read_only, .vfs = {}}));
        TILL_TRY_VOID(database.backup(to));
    }
    return check_database(to);
}

// What belongs to a home beside its databases; not what tells only of the process that runs.
bool is_plain_part(const fs::path& name) {
    const std::string text = name.string();
    const auto of = [&](const char* database) { return text.starts_with(database); };
    return text != "lock" && text != "port" && text != sums_name
           && std::ranges::none_of(databases, of);
}

}  // namespace

Result<BackupSize> backup_home(const HomePaths& home, fs::path to) {
    TILL_TRY(Draft draft, Draft::begin(std::move(to)));
    std::vector<fs::path> parts;
    for (const char* name : databases) {
        if (!fs::exists(home / name)) continue;
        TILL_TRY_VOID(copy_database(home / name, draft.path() / name));
        parts.emplace_back(name);
    }
    for (const auto& entry : fs::recursive_directory_iterator{home.root}) {
        const fs::path name = entry.path().lexically_relative(home.root);
        if (!entry.is_regular_file() || !is_plain_part(name)) continue;
        TILL_TRY_VOID(copy_plain_file(entry.path(), draft.path() / name));
        parts.push_back(name);
    }
    BackupSize size{.files = parts.size()};
    std::ofstream sums{draft.path() / sums_name};
    for (const fs::path& name : parts) {
        TILL_TRY(const std::string sum, digest_of(draft.path() / name));
        sums << sum << "  " << name.string() << '\n';
        size.bytes += fs::file_size(draft.path() / name);
    }
    sums.close();
    if (!sums) return Error{Errc::io, std::string{sums_name} + " cannot be written"};
    TILL_TRY_VOID(draft.finish());
    return size;
}

Result<BackupSize> restore_home(const fs::path& from, const HomePaths& home, WallTime now,
                                Random& random) {
    std::ifstream sums{from / sums_name};
    if (!sums)
        return Error{Errc::not_found, from.string()
                                          + " holds no finished backup: there is no SHA256SUMS in "
                                            "it; make one with till-gateway backup"};
    TILL_TRY(Draft draft, Draft::begin(home.root));
    BackupSize size;
    for (std::string line; std::getline(sums, line); ++size.files) {
        if (line.size() < digest_digits + 3)
            return Error{Errc::corrupt, std::string{sums_name} + " is damaged"};
        const fs::path name = fs::path{line.substr(digest_digits + 2)}.lexically_normal();
        if (name.is_absolute() || name.begin()->string() == "..")
            return Error{Errc::corrupt, std::string{sums_name} + " leads out of the backup"};
        TILL_TRY_VOID(copy_plain_file(from / name, draft.path() / name));
        TILL_TRY(const std::string sum, digest_of(draft.path() / name));
        if (sum != line.substr(0, digest_digits))
            return Error{Errc::corrupt, (from / name).string() + " is not what was backed up"};
        size.bytes += fs::file_size(draft.path() / name);
    }
    if (!fs::exists(draft.path() / "gateway.toml"))
        return Error{Errc::corrupt, from.string() + " is no whole backup: gateway.toml is missing"};
    const fs::path ledger = draft.path() / "ledger.db", registry = draft.path() / "registry.db";
    if (fs::exists(ledger)) {
        TILL_TRY(const auto store, SqliteStore::open({.file = ledger}, random));
        TILL_TRY_VOID(store->renew_epoch());
    }
    if (fs::exists(registry)) TILL_TRY_VOID(Registry::forget_since_backup(registry, now));
    TILL_TRY_VOID(draft.finish());
    return size;
}

}  // namespace till::sync
