#include "agent/journal/earlier_journals.hpp"

#include "agent/journal/migrations.sql.hpp"
#include "agent/runtime/log.hpp"

#include <ranges>

namespace till::detail {

namespace {

void pass_over(const std::filesystem::path& file, const Error& why) {
    log(LogLevel::warning, "journal", "an earlier journal is not asked for keys",
        {{"file", file.string()}, {"error", why.detail}});
}

}  // namespace

struct EarlierJournals::One {
    std::filesystem::path file;
    Database database;
    JournalRows rows;
    KeyIndex keys;
    JournalIdentity identity;

    Result<std::optional<JournalRows::Given>> find(const KeyHash& key) {
        TILL_TRY(const auto seq, keys.find(key));
        if (!seq) return std::optional<JournalRows::Given>{};
        return rows.given_at(*seq, identity);
    }
};

void EarlierJournals::Delete::operator()(One* one) const { delete one; }

Result<EarlierJournals::Handle> EarlierJournals::open_one(const std::filesystem::path& file,
                                                          const std::string& vfs) {
    constexpr int cache_kib = 256;  // Looked into now and then.
    TILL_TRY(
        Database database,
        Database::open(
            {.file = file, .mode = Database::Mode::read_only, .vfs = vfs, .cache_kib = cache_kib}));
    TILL_TRY_VOID(check_schema(database, std::size(sql::agent_journal)));
    TILL_TRY(JournalRows rows, JournalRows::prepare(database));
    TILL_TRY(JournalIdentity identity, rows.identity());
    TILL_TRY(const auto derived, rows.derived());
    TILL_TRY(KeyIndex keys, KeyIndex::load(database, derived.keys));
    return Handle{
        new One{file, std::move(database), std::move(rows), std::move(keys), std::move(identity)}};
}

EarlierJournals EarlierJournals::open(std::span<const std::filesystem::path> files,
                                      const std::string& vfs) {
    EarlierJournals all;
    for (const auto& file : files | std::views::reverse) {
        auto opened = open_one(file, vfs);
        if (opened)
            all.newest_first_.push_back(*std::move(opened));
        else
            pass_over(file, opened.error());
    }
    return all;
}

std::optional<JournalRows::Given> EarlierJournals::find(const KeyHash& key) {
    for (auto one = newest_first_.begin(); one != newest_first_.end();) {
        auto found = (*one)->find(key);
        if (found && *found) return *std::move(found);
        if (found) {
            ++one;
        } else {
            pass_over((*one)->file, found.error());
            one = newest_first_.erase(one);
        }
    }
    return std::nullopt;
}

JournalRows* EarlierJournals::rows(const JournalId& journal) {
    for (const auto& one : newest_first_)
        if (one->identity.journal == journal) return &one->rows;
    return nullptr;
}

}  // namespace till::detail
