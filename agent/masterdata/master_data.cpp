#include "agent/masterdata/master_data.hpp"

#include "agent/core/gtin.hpp"
#include "agent/masterdata/migrations.sql.hpp"
#include "sync/masterdata/master_keys.hpp"
#include "sync/wire/feed_page.hpp"

#include <array>
#include <vector>

namespace till {

namespace {

constexpr int cache_kib = 256, wal_pages_max = 256, tidied_at_once = 500;

bool same(const v1::FeedCursor& a, const v1::FeedCursor& b) {
    return a.version() == b.version() && a.key() == b.key() && a.store() == b.store();
}

bool is_beginning(const v1::FeedCursor& cursor) { return same(cursor, v1::FeedCursor{}); }

Result<Database> open_database(const std::filesystem::path& file) {
    TILL_TRY(
        Database database,
        Database::open({.file = file, .mode = Database::Mode::create, .cache_kib = cache_kib}));
    TILL_TRY_VOID(migrate(database, sql::agent_masterdata));
    return database;
}

}  // namespace

Result<std::unique_ptr<MasterData>> MasterData::open(const std::filesystem::path& file,
                                                     std::string store, std::string workstation) {
    auto database = open_database(file);
    const auto open = [&]() -> Result<std::unique_ptr<MasterData>> {
        if (!database) return database.error();
        std::unique_ptr<MasterData> data{new MasterData{*std::move(database), store, workstation}};
        TILL_TRY_VOID(data->load());
        return data;
    };
    auto opened = open();
    const bool of_no_use =
        !opened
        && (opened.error().code == Errc::corrupt || opened.error().code == Errc::unsupported);
    if (!of_no_use) return opened;
    for (const char* part : {"", "-wal", "-shm"}) {
        std::error_code ignored;
        std::filesystem::remove(std::filesystem::path{file}.concat(part), ignored);
    }
    database = open_database(file);
    return open();
}

Result<void> MasterData::load() {
    TILL_TRY(find_, database_.prepare("SELECT store, body FROM record WHERE generation = ? "
                                      "AND key = ? AND version <= ? AND store IN ('', ?) "
                                      "ORDER BY store DESC, version DESC"));
    TILL_TRY(find_alias_, database_.prepare("SELECT DISTINCT key FROM record WHERE alias = ? "
                                            "AND generation = ? AND version <= ? ORDER BY key"));
    TILL_TRY(put_, database_.prepare("INSERT OR REPLACE INTO record (generation, key, store, "
                                     "version, alias, body) VALUES (?, ?, ?, ?, ?, ?)"));
    TILL_TRY(supersede_,
             database_.prepare("INSERT OR IGNORE INTO superseded SELECT id FROM record "
                               "WHERE generation = ?1 AND key = ?2 AND store = ?3 "
                               "AND (version < ?4 OR (version = ?4 AND body IS NULL))"));
    TILL_TRY(Statement one,
             database_.prepare("SELECT generation, version, applied_ms, next_generation, "
                               "next_epoch, cursor_version, cursor_key, cursor_store, staging "
                               "FROM state WHERE store IS NULL OR store = ?"));
    const auto read = [](const Row& row) {
        State state{.generation = row.integer(0),
                    .version = row.unsigned_integer(1),
                    .applied_ms = row.integer(2),
                    .next_generation = row.integer(3),
                    .next_epoch = Bytes{row.bytes(4)},
                    .staging = row.integer(8) != 0};
        state.cursor.set_version(row.unsigned_integer(5));
        state.cursor.set_key(Bytes{row.bytes(6)});
        state.cursor.set_store(Bytes{row.bytes(7)});
        return state;
    };
    TILL_TRY(auto state, one.one(read, store_));
    if (!state) return Error{Errc::corrupt, "master data of another store"};
    state_ = *std::move(state);
    return read_lists();
}

v1::FeedRequest MasterData::request() const {
    v1::FeedRequest request;
    request.set_feed(std::string{sync::master_feed});
    request.set_epoch(state_.next_epoch);
    *request.mutable_after() = state_.cursor;
    return request;
}

Result<MasterData::Taken> MasterData::take(const v1::FeedPage& page, WallTime now) {
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
    if (page.last() && records.records().empty() && !moves && page.version() == state_.version)
        return Taken::unchanged;
    if (!page.last() && same(page.next(), page.after()))
        return Error{Errc::malformed, "a feed's page that leads nowhere"};
    next.cursor = page.next();
    next.staging = !page.last();
    if (page.last()) {
        next.generation = next.next_generation;
        next.version = page.version();
        next.applied_ms = now.value();
    }
    TILL_TRY(Transaction transaction, Transaction::begin(database_));
    for (const auto& record : records.records()) TILL_TRY_VOID(stage(record, next.next_generation));
    TILL_TRY_VOID(save(next));
    TILL_TRY_VOID(transaction.commit());
    state_ = std::move(next);
    if (database_.wal_pages() > wal_pages_max)
        TILL_TRY_VOID(database_.checkpoint(Database::Checkpoint::passive));
    if (!page.last()) return Taken::more;
    if (state_.version == 0) return Taken::unchanged;  // There is none yet, as before.
    TILL_TRY_VOID(read_lists());
    return Taken::applied;
}

Result<void> MasterData::stage(const v1::FeedRecord& record, std::int64_t generation) {
    const auto body = record.has_body() ? std::optional{Blob{record.body()}} : std::nullopt;
    TILL_TRY_VOID(
        put_.run(generation, record.key(), record.store(), record.version(), record.alias(), body));
    return supersede_.run(generation, record.key(), record.store(), record.version());
}

Result<void> MasterData::save(const State& state) {
    TILL_TRY(Statement put,
             database_.prepare("UPDATE state SET generation = ?, version = ?, applied_ms = ?, "
                               "next_generation = ?, next_epoch = ?, cursor_version = ?, "
                               "cursor_key = ?, cursor_store = ?, staging = ?, store = ?"));
    return put.run(state.generation, state.version, state.applied_ms, state.next_generation,
                   Blob{state.next_epoch}, state.cursor.version(), state.cursor.key(),
                   state.cursor.store(), state.staging ? 1 : 0, store_);
}

/// Not while a version is coming in: some of what it supersedes is still in use.
Result<bool> MasterData::tidy() {
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
    TILL_TRY(Statement drop, database_.prepare("DELETE FROM record WHERE id = ?"));
    TILL_TRY(Statement forget, database_.prepare("DELETE FROM superseded WHERE record = ?"));
    for (const std::int64_t id : ids) {
        TILL_TRY_VOID(drop.run(id));
        TILL_TRY_VOID(forget.run(id));
    }
    TILL_TRY_VOID(transaction.commit());
    if (database_.wal_pages() > wal_pages_max)
        TILL_TRY_VOID(database_.checkpoint(Database::Checkpoint::passive));
    return true;
}

Result<std::optional<v1::MasterRecord>> MasterData::find(std::string_view key) {
    std::optional<v1::MasterRecord> found;
    std::optional<std::string> removed;  // Of this store the newest says so: what is older is past.
    const auto look = [&](const Row& row) -> Result<void> {
        if (found || removed == row.bytes(0)) return {};
        if (row.is_null(1)) {
            removed = std::string{row.bytes(0)};
            return {};
        }
        if (!found.emplace().ParseFromString(Bytes{row.bytes(1)}))
            return Error{Errc::corrupt, "a record of the master data"};
        return {};
    };
    TILL_TRY_VOID(find_.each(look, state_.generation, key, state_.version, store_));
    return found;
}

Result<std::optional<v1::MasterOperator>> MasterData::find_operator(std::string_view operator_id) {
    TILL_TRY(const auto record, find(sync::operator_key(operator_id)));
    return record ? std::optional{record->operator_()} : std::nullopt;
}

Result<std::optional<v1::MasterProduct>> MasterData::find_product(std::string_view gtin,
                                                                  std::string_view sku) {
    using Found = std::optional<v1::MasterProduct>;
    if (const std::uint64_t number = gtin_number(gtin)) {
        TILL_TRY(const auto record, find(sync::product_key(number)));
        if (record) return Found{record->product()};
    }
    if (sku.empty()) return Found{};
    std::vector<std::string> keys;
    const auto note = [&](const Row& row) { keys.emplace_back(row.bytes(0)); };
    TILL_TRY_VOID(find_alias_.each(note, sync::sku_alias(sku), state_.generation, state_.version));
    for (const auto& key : keys) {
        TILL_TRY(const auto record, find(key));
        if (record && record->product().sku() == sku) return Found{record->product()};
    }
    return Found{};
}

Result<void> MasterData::read_lists() {
    lists_.Clear();
    lists_.set_version(state_.version);
    lists_.set_applied_ms(state_.applied_ms);
    // Neither operators nor products, which may be many; all else begins with a later letter.
    TILL_TRY(Statement some, database_.prepare("SELECT DISTINCT key FROM record WHERE generation "
                                               "= ? AND key > 'product0' AND version <= ? "
                                               "ORDER BY key"));
    std::vector<std::string> keys;
    const auto note = [&](const Row& row) { keys.emplace_back(row.bytes(0)); };
    TILL_TRY_VOID(some.each(note, state_.generation, state_.version));
    for (const auto& key : keys) {
        TILL_TRY(const auto record, find(key));
        if (!record) continue;
        if (record->has_store() && key == sync::store_key(store_))
            *lists_.mutable_store() = record->store();
        else if (record->has_workstation() && key == sync::workstation_key(workstation_))
            *lists_.mutable_workstation() = record->workstation();
        else if (record->has_tax_rule())
            *lists_.add_tax_rules() = record->tax_rule();
        else if (record->has_tender())
            *lists_.add_tenders() = record->tender();
        else if (record->has_reason())
            *lists_.add_reasons() = record->reason();
    }
    has_operators_ = false;
    TILL_TRY(Statement people,
             database_.prepare("SELECT DISTINCT key FROM record WHERE generation = ? "
                               "AND key >= 'operator/' AND key < 'operator0' AND version <= ?"));
    keys.clear();
    TILL_TRY_VOID(people.each(note, state_.generation, state_.version));
    for (std::size_t i = 0; !has_operators_ && i < keys.size(); ++i) {
        TILL_TRY(const auto record, find(keys[i]));
        has_operators_ = record.has_value();
    }
    return {};
}

}  // namespace till
