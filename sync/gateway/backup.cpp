#include "sync/gateway/backup.hpp"

#include "sync/feeds/feed_store.hpp"
#include "sync/gateway/registry.hpp"
#include "sync/ledger/sqlite_store.hpp"

#include <algorithm>
#include <array>

namespace till::sync {

namespace {

namespace fs = std::filesystem;

// Copied in this order: what comes later is what those before it refer to.
constexpr std::array databases = {"outbox.db", "projection.db", "vault.db",
                                  "ledger.db", "feeds.db",      "registry.db"};

// What belongs to a home beside its databases; not what tells only of the process that runs.
bool is_plain_part(const fs::path& name) {
    const std::string text = name.string();
    const auto of = [&](const char* database) { return text.starts_with(database); };
    return text != "lock" && text != "port" && std::ranges::none_of(databases, of);
}

}  // namespace

Result<FolderDraft::Size> backup_home(const HomePaths& home, fs::path to) {
    TILL_TRY(FolderDraft draft, FolderDraft::begin(std::move(to)));
    for (const char* name : databases)
        if (fs::exists(home / name)) TILL_TRY_VOID(draft.add_database(home / name, name));
    for (const auto& entry : fs::recursive_directory_iterator{home.root}) {
        const fs::path name = entry.path().lexically_relative(home.root);
        if (!entry.is_regular_file() || !is_plain_part(name)) continue;
        TILL_TRY_VOID(draft.add_file(entry.path(), name));
    }
    TILL_TRY_VOID(draft.seal());
    return draft.finish();
}

Result<FolderDraft::Size> restore_home(const fs::path& from, const HomePaths& home, WallTime now,
                                       Random& random) {
    TILL_TRY(FolderDraft draft, FolderDraft::from_backup(from, home.root));
    if (!fs::exists(draft.path() / "gateway.toml"))
        return Error{Errc::corrupt, from.string() + " is no whole backup: gateway.toml is missing"};
    const fs::path ledger = draft.path() / "ledger.db", registry = draft.path() / "registry.db";
    if (fs::exists(ledger)) {
        TILL_TRY(const auto store, SqliteStore::open({.file = ledger}, random));
        TILL_TRY_VOID(store->renew_epoch());
    }
    const fs::path feeds = draft.path() / "feeds.db";
    if (fs::exists(feeds)) TILL_TRY_VOID(FeedStore::renew_epoch(feeds, random));
    if (fs::exists(registry)) TILL_TRY_VOID(Registry::forget_since_backup(registry, now));
    return draft.finish();
}

}  // namespace till::sync
