#include "agent/feedcopy/feed_copy.hpp"

#include "agent/feedcopy/migrations.sql.hpp"
#include "sync/wire/feed_page.hpp"

namespace till {

namespace {

constexpr int cache_kib = 256, wal_pages_max = 256, tidied_at_once = 500;
constexpr std::int64_t hour_ms = 3'600'000;

bool same(const v1::FeedCursor& a, const v1::FeedCursor& b) {
    return a.version() == b.version() && a.key() == b.key() && a.store() == b.store();
}

bool is_beginning(const v1::FeedCursor& cursor) { return same(cursor, v1::FeedCursor{}); }

Result<Database> open_database(const std::filesystem::path& file) {
    TILL_TRY(
        Database database,
        Database::open({.file = file, .mode = Database::Mode::create, .cache_kib = cache_kib}));
    TILL_TRY_VOID(migrate(database, sql::agent_feedcopy));
    return database;
}

}  // namespace

Result<std::unique_ptr<FeedCopy>> FeedCopy::open(Options options) {
    auto database = open_database(options.file);
    const auto open = [&]() -> Result<std::unique_ptr<FeedCopy>> {
        if (!database) return database.error();
        std::unique_ptr<FeedCopy> copy{new FeedCopy{options, *std::move(database)}};
        TILL_TRY_VOID(copy->load());
        return copy;
    };
    auto opened = open();
    const bool of_no_use =
        !opened
        && (opened.error().code == Errc::corrupt || opened.error().code == Errc::unsupported);
    if (!of_no_use) return opened;
    for (const char* part : {"", "-wal", "-shm"}) {
        std::error_code ignored;
        std::filesystem::remove(std::filesystem::path{options.file}.concat(part), ignored);
    }
    database = open_database(options.file);
    return open();
}

Result<void> FeedCopy::load() {
    TILL_TRY(find_, database_.prepare("SELECT store, body FROM record WHERE generation = ? "
                                      "AND key = ? AND version <= ? AND store IN ('', ?) "
                                      "ORDER BY store DESC, version DESC"));
    TILL_TRY(named_,
             database_.prepare("SELECT DISTINCT key FROM name JOIN record ON id = record "
                               "WHERE name = ? AND generation = ? AND version <= ? ORDER BY key"));
    TILL_TRY(put_, database_.prepare("INSERT INTO record (generation, key, store, version, body) "
                                     "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
                                     "SET body = excluded.body"));
    TILL_TRY(id_, database_.prepare("SELECT id FROM record WHERE generation = ? AND key = ? "
                                    "AND store = ? AND version = ?"));
    TILL_TRY(name_, database_.prepare("INSERT OR IGNORE INTO name VALUES (?, ?)"));
    TILL_TRY(supersede_,
             database_.prepare("INSERT OR IGNORE INTO superseded SELECT id FROM record "
                               "WHERE generation = ?1 AND key = ?2 AND store = ?3 "
                               "AND (version < ?4 OR (version = ?4 AND body IS NULL))"));
    TILL_TRY(Statement one,
             database_.prepare("SELECT generation, version, applied_ms, next_generation, "
                               "next_epoch, cursor_version, cursor_key, cursor_store, staging, "
                               "heard_ms FROM state WHERE store IS NULL OR store = ?"));
    const auto read = [](const Row& row) {
        State state{.generation = row.integer(0),
                    .version = row.unsigned_integer(1),
                    .applied_ms = row.integer(2),
                    .next_generation = row.integer(3),
                    .next_epoch = Bytes{row.bytes(4)},
                    .staging = row.integer(8) != 0,
                    .heard_ms = row.integer(9)};
        state.cursor.set_version(row.unsigned_integer(5));
        state.cursor.set_key(Bytes{row.bytes(6)});
        state.cursor.set_store(Bytes{row.bytes(7)});
        return state;
    };
    TILL_TRY(auto state, one.one(read, options_.store));
    if (!state) return Error{Errc::corrupt, "a copy for another store"};
    state_ = *std::move(state);
    return {};
}

v1::FeedRequest FeedCopy::request() const {
    v1::FeedRequest request;
    request.set_feed(options_.feed);
    request.set_epoch(state_.next_epoch);
    *request.mutable_after() = state_.cursor;
    return request;
}

Result<FeedCopy::Taken> FeedCopy::take(const v1::FeedPage& page, WallTime now, const Keep& keep) {
    State next = state_;
    if (page.epoch().empty()) return Error{Errc::malformed, "a feed's page without an epoch"};
    if (page.epoch() != state_.next_epoch) {
        if (!is_beginning(page.after())) return Taken::unchanged;
        next.next_generation = std::max(state_.generation, state_.next_generation) + 1;
        next.next_epoch = page.epoch();
        next.cursor.Clear();
    } else if (!same(page.after(), state_.cursor)) {
        return Taken::unchanged;
    }
    TILL_TRY(const auto records, sync::unpack_records(page));
    const bool moves = next.next_generation != state_.generation;
    if (page.last() && records.records().empty() && !moves && page.version() == state_.version) {
        TILL_TRY_VOID(hear(now));
        return Taken::unchanged;
    }
    if (!page.last() && same(page.next(), page.after()))
        return Error{Errc::malformed, "a feed's page that leads nowhere"};
    next.cursor = page.next();
    next.staging = !page.last();
    next.heard_ms = now.value();
    if (page.last()) {
        next.generation = next.next_generation;
        next.version = page.version();
        next.applied_ms = now.value();
    }
    TILL_TRY(Transaction transaction, Transaction::begin(database_));
    for (const auto& record : records.records())
        TILL_TRY_VOID(stage(record, next.next_generation, keep));
    TILL_TRY_VOID(save(next));
    TILL_TRY_VOID(transaction.commit());
    state_ = std::move(next);
    if (database_.wal_pages() > wal_pages_max)
        TILL_TRY_VOID(database_.checkpoint(Database::Checkpoint::passive));
    if (!page.last()) return Taken::more;
    // There is none yet, as before.
    return state_.version == 0 ? Taken::unchanged : Taken::applied;
}

/// A write an hour is enough to know how old a copy is.
Result<void> FeedCopy::hear(WallTime now) {
    if (now.value() - state_.heard_ms < hour_ms) return {};
    state_.heard_ms = now.value();
    return save(state_);
}

Result<void> FeedCopy::stage(const v1::FeedRecord& record, std::int64_t generation,
                             const Keep& keep) {
    Kept kept;
    if (record.has_body()) { TILL_TRY(kept, keep(record)); }
    const auto body = record.has_body() ? std::optional{Blob{kept.body}} : std::nullopt;
    TILL_TRY_VOID(put_.run(generation, record.key(), record.store(), record.version(), body));
    if (!kept.names.empty()) {
        TILL_TRY(const auto id, id_.one([](const Row& row) { return row.integer(0); }, generation,
                                        record.key(), record.store(), record.version()));
        for (const Bytes& name : kept.names) TILL_TRY_VOID(name_.run(Blob{name}, *id));
    }
    return supersede_.run(generation, record.key(), record.store(), record.version());
}

Result<void> FeedCopy::save(const State& state) {
    TILL_TRY(Statement put,
             database_.prepare("UPDATE state SET generation = ?, version = ?, applied_ms = ?, "
                               "next_generation = ?, next_epoch = ?, cursor_version = ?, "
                               "cursor_key = ?, cursor_store = ?, staging = ?, store = ?, "
                               "heard_ms = ?"));
    return put.run(state.generation, state.version, state.applied_ms, state.next_generation,
                   Blob{state.next_epoch}, state.cursor.version(), state.cursor.key(),
                   state.cursor.store(), state.staging ? 1 : 0, options_.store, state.heard_ms);
}

/// Not while a version is coming in: some of what it supersedes is still in use.
Result<bool> FeedCopy::tidy() {
    if (state_.staging) return false;
    std::vector<std::int64_t> ids;
    const auto note = [&](const Row& row) { ids.push_back(row.integer(0)); };
    TILL_TRY(Statement others, database_.prepare("SELECT id FROM record WHERE generation <> ? "
                                                 "LIMIT ?"));
    TILL_TRY_VOID(others.each(note, state_.generation, tidied_at_once));
    TILL_TRY(Statement superseded,
             database_.prepare("SELECT record FROM superseded ORDER BY record LIMIT ?"));
    TILL_TRY_VOID(superseded.each(note, tidied_at_once));
    if (ids.empty()) return false;
    TILL_TRY(Transaction transaction, Transaction::begin(database_));
    for (const char* sql : {"DELETE FROM record WHERE id = ?", "DELETE FROM name WHERE record = ?",
                            "DELETE FROM superseded WHERE record = ?"}) {
        TILL_TRY(Statement drop, database_.prepare(sql));
        for (const std::int64_t id : ids) TILL_TRY_VOID(drop.run(id));
    }
    TILL_TRY_VOID(transaction.commit());
    if (database_.wal_pages() > wal_pages_max)
        TILL_TRY_VOID(database_.checkpoint(Database::Checkpoint::passive));
    return true;
}

Result<std::optional<Bytes>> FeedCopy::find(std::string_view key) {
    std::optional<Bytes> found;
    std::optional<std::string> removed;  // Of this store the newest says so: what is older is past.
    const auto look = [&](const Row& row) {
        if (found || removed == row.bytes(0)) return;
        if (row.is_null(1)) {
            removed = std::string{row.bytes(0)};
        } else {
            found = Bytes{row.bytes(1)};
        }
    };
    TILL_TRY_VOID(find_.each(look, state_.generation, key, state_.version, options_.store));
    return found;
}

Result<std::vector<std::string>> FeedCopy::keys_named(BytesView name) {
    std::vector<std::string> keys;
    const auto note = [&](const Row& row) { keys.emplace_back(row.bytes(0)); };
    TILL_TRY_VOID(named_.each(note, Blob{name}, state_.generation, state_.version));
    return keys;
}

Result<std::vector<std::string>> FeedCopy::keys(std::string_view first, std::string_view end) {
    std::vector<std::string> keys;
    const auto note = [&](const Row& row) { keys.emplace_back(row.bytes(0)); };
    TILL_TRY(Statement some, database_.prepare("SELECT DISTINCT key FROM record WHERE generation "
                                               "= ? AND key >= ? AND key < ? AND version <= ? "
                                               "ORDER BY key"));
    TILL_TRY_VOID(some.each(note, state_.generation, first, end, state_.version));
    return keys;
}

}  // namespace till
