#include "agent/store/database.hpp"
#include "sync/feeds/feed_rows.hpp"
#include "sync/feeds/migrations.sql.hpp"

namespace till::sync {

using namespace detail;

namespace {

constexpr int wal_pages_max = 1000;

std::uint64_t unsigned_of(const Row& row) { return row.unsigned_integer(0); }

class SqliteFeedStore final : public FeedStore {
public:
    explicit SqliteFeedStore(Database database) : database_{std::move(database)} {}

    Result<Bytes> epoch() override {
        TILL_TRY(Statement one, database_.prepare("SELECT epoch FROM epoch"));
        TILL_TRY(const auto found, one.one([](const Row& row) { return Bytes{row.bytes(0)}; }));
        return found.value_or(Bytes{});
    }

    Result<std::uint64_t> version(std::string_view feed) override {
        TILL_TRY(Statement one, database_.prepare("SELECT version FROM feed WHERE feed = ?"));
        TILL_TRY(const auto found, one.one(unsigned_of, feed));
        return found.value_or(0);
    }

    Result<std::vector<v1::FeedRecord>> all(std::string_view feed) override {
        TILL_TRY(Statement every,
                 database_.prepare("SELECT key, store, alias, version, body FROM record "
                                   "WHERE feed = ? AND body IS NOT NULL ORDER BY key, store"));
        std::vector<v1::FeedRecord> records;
        const auto add = [&](const Row& row) { records.push_back(read_record(row)); };
        TILL_TRY_VOID(every.each(add, feed));
        return records;
    }

    Result<std::vector<v1::FeedRecord>> find(std::string_view feed, std::string_view key) override {
        TILL_TRY(Statement some,
                 database_.prepare("SELECT key, store, alias, version, body FROM record "
                                   "WHERE feed = ? AND key = ? ORDER BY store"));
        std::vector<v1::FeedRecord> records;
        const auto add = [&](const Row& row) { records.push_back(read_record(row)); };
        TILL_TRY_VOID(some.each(add, feed, key));
        return records;
    }

    Result<Page> page(std::string_view feed, std::string_view store, const v1::FeedCursor& after,
                      std::size_t bytes_max) override {
        TILL_TRY(const Transaction snapshot,
                 Transaction::begin(database_, Transaction::Kind::read));
        PageFiller filler{.page = {.records = {}, .last = true}, .room = bytes_max};
        TILL_TRY(filler.page.version, version(feed));
        TILL_TRY(Statement next,
                 database_.prepare("SELECT key, store, alias, version, body FROM record "
                                   "WHERE feed = ?1 AND (version, key, store) > (?2, ?3, ?4) "
                                   "AND store IN ('', ?5) ORDER BY version, key, store"));
        const auto take = [&](const Row& row) {
            return filler.page.last = filler.take(read_record(row));
        };
        TILL_TRY_VOID(next.each(take, feed, after.version(), after.key(), after.store(), store));
        return std::move(filler.page);
    }

    Result<std::uint64_t> change(std::string_view feed, std::uint64_t expected,
                                 const std::vector<FeedChange>& changes) override {
        TILL_TRY(Transaction transaction, Transaction::begin(database_));
        TILL_TRY(const std::uint64_t now, version(feed));
        if (now != expected) return moved_on();
        TILL_TRY(Statement grow, database_.prepare("INSERT OR REPLACE INTO feed VALUES (?, ?)"));
        TILL_TRY_VOID(grow.run(feed, expected + 1));
        TILL_TRY(Statement put,
                 database_.prepare("INSERT OR REPLACE INTO record (feed, key, store, alias, "
                                   "version, body) VALUES (?, ?, ?, ?, ?, ?)"));
        for (const FeedChange& change : changes) {
            const auto body = change.has_body() ? std::optional{Blob{change.body()}} : std::nullopt;
            TILL_TRY_VOID(
                put.run(feed, change.key(), change.store(), change.alias(), expected + 1, body));
        }
        TILL_TRY_VOID(transaction.commit());
        if (database_.wal_pages() > wal_pages_max)
            TILL_TRY_VOID(database_.checkpoint(Database::Checkpoint::passive));
        return expected + 1;
    }

private:
    Database database_;
};

Result<Database> open_database(const std::filesystem::path& file, Database::Mode mode) {
    TILL_TRY(Database database, Database::open({.file = file, .mode = mode}));
    TILL_TRY_VOID(migrate(database, sql::sync_feeds));
    TILL_TRY_VOID(database.execute("PRAGMA secure_delete = ON"));  // Who is erased is overwritten.
    return database;
}

Result<void> put_epoch(Database& database, std::string_view sql, Random& random) {
    const Bytes fresh = make_epoch(random);
    TILL_TRY(Statement put, database.prepare(sql));
    return put.run(Blob{fresh});
}

}  // namespace

Result<std::unique_ptr<FeedStore>> FeedStore::open(const std::filesystem::path& file,
                                                   Random& random) {
    TILL_TRY(Database database, open_database(file, Database::Mode::create));
    TILL_TRY_VOID(put_epoch(database, "INSERT OR IGNORE INTO epoch VALUES (1, ?)", random));
    return std::make_unique<SqliteFeedStore>(std::move(database));
}

Result<void> FeedStore::renew_epoch(const std::filesystem::path& file, Random& random) {
    TILL_TRY(Database database, open_database(file, Database::Mode::read_write));
    return put_epoch(database, "INSERT OR REPLACE INTO epoch VALUES (1, ?)", random);
}

}  // namespace till::sync
