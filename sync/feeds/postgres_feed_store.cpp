#include "sync/feeds/feed_rows.hpp"
#include "sync/feeds/postgres/migrations.sql.hpp"
#include "sync/postgres/postgres_line.hpp"

namespace till::sync {

using namespace detail;

namespace {

constexpr std::int64_t page_rows_max = 4096;  // libpq has a whole answer in memory.

Result<std::uint64_t> version_of(Postgres& db, std::string_view feed, std::string_view lock) {
    TILL_TRY(const auto rows,
             db.ask(std::string{"SELECT version FROM feed WHERE feed = $1 "}.append(lock), feed));
    return rows.size() == 0 ? 0 : static_cast<std::uint64_t>(rows[0].integer(0));
}

class PostgresFeedStore final : public FeedStore {
public:
    explicit PostgresFeedStore(const PostgresAddress& address)
        : line_{address,
                [](Postgres& fresh) { return migrate(fresh, "feeds", sql::sync_feeds_postgres); }} {
    }

    Result<void> open(Random& random) {
        const Bytes fresh = make_epoch(random);
        return line_.retried([&](Postgres& db) -> Result<void> {
            TILL_TRY_VOID(db.ask("INSERT INTO epoch VALUES (1, $1) ON CONFLICT DO NOTHING", fresh));
            return {};
        });
    }

    Result<Bytes> epoch() override {
        return line_.retried([](Postgres& db) -> Result<Bytes> {
            TILL_TRY(const auto rows, db.ask("SELECT epoch FROM epoch"));
            return rows.size() == 0 ? Bytes{} : Bytes{rows[0].bytes(0)};
        });
    }

    Result<std::uint64_t> version(std::string_view feed) override {
        return line_.retried([&](Postgres& db) { return version_of(db, feed, ""); });
    }

    Result<std::vector<v1::FeedRecord>> all(std::string_view feed) override {
        return line_.retried([&](Postgres& db) -> Result<std::vector<v1::FeedRecord>> {
            TILL_TRY(const auto rows,
                     db.ask("SELECT key, store, alias, version, body FROM record "
                            "WHERE feed = $1 AND body IS NOT NULL ORDER BY key, store",
                            feed));
            std::vector<v1::FeedRecord> records;
            for (std::size_t i = 0; i < rows.size(); ++i) records.push_back(read_record(rows[i]));
            return records;
        });
    }

    Result<std::vector<v1::FeedRecord>> find(std::string_view feed, std::string_view key) override {
        return line_.retried([&](Postgres& db) -> Result<std::vector<v1::FeedRecord>> {
            TILL_TRY(const auto rows, db.ask("SELECT key, store, alias, version, body FROM record "
                                             "WHERE feed = $1 AND key = $2 ORDER BY store",
                                             feed, key));
            std::vector<v1::FeedRecord> records;
            for (std::size_t i = 0; i < rows.size(); ++i) records.push_back(read_record(rows[i]));
            return records;
        });
    }

    Result<Page> page(std::string_view feed, std::string_view store, const v1::FeedCursor& after,
                      std::size_t bytes_max) override {
        return line_.in_transaction([&](Postgres& db) -> Result<Page> {
            TILL_TRY_VOID(db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"));
            PageFiller filler{.page = {.records = {}, .last = true}, .room = bytes_max};
            TILL_TRY(filler.page.version, version_of(db, feed, ""));
            TILL_TRY(
                const auto rows,
                db.ask("SELECT key, store, alias, version, body FROM record "
                       "WHERE feed = $1 AND (version, key, store) > ($2, $3, $4) "
                       "AND store IN (''::bytea, $5) ORDER BY version, key, store LIMIT $6",
                       feed, static_cast<std::int64_t>(after.version()), BytesView{after.key()},
                       BytesView{after.store()}, store, page_rows_max));
            for (std::size_t i = 0; filler.page.last && i < rows.size(); ++i)
                filler.page.last = filler.take(read_record(rows[i]));
            if (rows.size() == page_rows_max) filler.page.last = false;
            return std::move(filler.page);
        });
    }

    // Done twice, because the first answer was lost, it says stale: whoever looks again finds it done.
    Result<std::uint64_t> change(std::string_view feed, std::uint64_t expected,
                                 const std::vector<FeedChange>& changes) override {
        const auto next = static_cast<std::int64_t>(expected + 1);
        PostgresCopy rows;
        for (const FeedChange& change : changes) {
            rows.row(6);
            for (const BytesView text : {feed, BytesView{change.key()}, BytesView{change.store()},
                                         BytesView{change.alias()}})
                rows.add(text);
            rows.add(next);
            change.has_body() ? rows.add(BytesView{change.body()}) : rows.add_null();
        }
        return line_.in_transaction([&](Postgres& db) -> Result<std::uint64_t> {
            TILL_TRY_VOID(db.ask("INSERT INTO feed VALUES ($1, 0) ON CONFLICT DO NOTHING", feed));
            TILL_TRY(const std::uint64_t now, version_of(db, feed, "FOR UPDATE"));
            if (now != expected) return moved_on();
            TILL_TRY_VOID(db.ask("UPDATE feed SET version = $2 WHERE feed = $1", feed, next));
            TILL_TRY_VOID(
                db.execute("CREATE TEMPORARY TABLE incoming (LIKE record) ON COMMIT DROP"));
            TILL_TRY_VOID(
                db.copy("COPY incoming (feed, key, store, alias, version, body) "
                        "FROM STDIN (FORMAT binary)",
                        rows));
            TILL_TRY_VOID(db.execute(
                "INSERT INTO record SELECT * FROM incoming ON CONFLICT (feed, key, store) DO "
                "UPDATE "
                "SET alias = excluded.alias, version = excluded.version, body = excluded.body"));
            return expected + 1;
        });
    }

private:
    PostgresLine line_;
};

}  // namespace

Result<std::unique_ptr<FeedStore>> FeedStore::open(const PostgresAddress& address, Random& random) {
    auto store = std::make_unique<PostgresFeedStore>(address);
    TILL_TRY_VOID(store->open(random));
    return store;
}

}  // namespace till::sync
