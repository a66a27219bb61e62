// The contract of FeedStore: what it promises on SQLite and on PostgreSQL.

#include "tests/unit/sync/feeds/feeds_house.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <set>

using namespace till;
using namespace till::sync;

namespace {

constexpr std::string_view feed = "master";

FeedChange put(std::string key, std::string body, std::string store = "") {
    FeedChange change;
    change.set_key(std::move(key));
    change.set_body(std::move(body));
    change.set_store(std::move(store));
    change.set_alias("alias");
    return change;
}

FeedChange removal(std::string key, std::string store = "") {
    FeedChange change;
    change.set_key(std::move(key));
    change.set_store(std::move(store));
    return change;
}

using Set = std::map<std::pair<std::string, std::string>, std::string>;

/// A device that follows the feed: what it has once it came to the end, and as of which version.
struct Follower {
    std::string store;
    v1::FeedCursor cursor{};
    Set set{};

    /// One page; true when it was the last.
    bool step(FeedStore& from, std::size_t bytes) {
        const auto page = from.page(feed, store, cursor, bytes);
        REQUIRE(page);
        for (const auto& record : page->records) {
            if (record.has_body())
                set[{record.key(), record.store()}] = record.body();
            else
                set.erase({record.key(), record.store()});
            cursor.set_version(record.version());
            cursor.set_key(record.key());
            cursor.set_store(record.store());
        }
        return page->last;
    }
};

Set seen_by(FeedStore& store, const std::string& shop) {
    Set set;
    const auto all = store.all(feed);
    REQUIRE(all);
    for (const auto& record : *all)
        if (record.store().empty() || record.store() == shop)
            set[{record.key(), record.store()}] = record.body();
    return set;
}

}  // namespace

TEST_CASE("feeds: each change is one version, all or nothing, and only on what was seen",
          "[feeds]") {
    const auto house = FeedsHouse::make();
    auto store = house->open();
    CHECK(store->version(feed).value() == 0);
    CHECK(store->change(feed, 0, {put("a", "1"), put("b", "2", "12")}).value() == 1);
    CHECK(store->change(feed, 0, {put("a", "lost")}).error().code == Errc::stale);
    CHECK(store->change(feed, 1, {put("a", "3"), removal("b", "12")}).value() == 2);
    store = house->open();
    CHECK(store->version(feed).value() == 2);
    CHECK(store->version("other").value() == 0);
    const auto all = store->all(feed).value();
    REQUIRE(all.size() == 1);
    CHECK(all[0].key() == "a");
    CHECK(all[0].body() == "3");
    CHECK(all[0].alias() == "alias");
    CHECK(all[0].version() == 2);
    CHECK(store->epoch().value().size() == 16);
}

TEST_CASE("feeds: a page has what follows on a cursor for one store, at least one record of it",
          "[feeds]") {
    const auto house = FeedsHouse::make();
    auto store = house->open();
    REQUIRE(store->change(feed, 0, {put("a", std::string(100, 'a')), put("b", "b", "12")}));
    REQUIRE(store->change(feed, 1, {put("c", "c", "13"), put("d", "d")}));
    Follower follower{.store = "12"};
    CHECK_FALSE(follower.step(*store, 1));
    CHECK(follower.set.size() == 1);
    CHECK_FALSE(follower.step(*store, 1));
    CHECK(follower.step(*store, 1));
    CHECK(follower.set == seen_by(*store, "12"));
    CHECK(follower.set.size() == 3);
    CHECK(follower.step(*store, 1));  // Nothing new.
    REQUIRE(store->change(feed, 2, {removal("a")}));
    CHECK(follower.step(*store, 1000));
    CHECK(follower.set == seen_by(*store, "12"));
}

TEST_CASE(
    "feeds: whoever reads to the end has the set as of its version, though it changes meanwhile",
    "[feeds]") {
    const auto house = FeedsHouse::make();
    auto store = house->open();
    std::mt19937 random{20261128};
    Follower follower{.store = "12"};
    std::uint64_t version = 0;
    int ends = 0;
    for (int i = 0; i < 300; ++i) {
        if (random() % 3 == 0) {
            std::vector<FeedChange> changes;
            std::set<std::string> used;
            for (unsigned n = 1 + random() % 8; n > 0; --n) {
                const std::string key = std::to_string(random() % 20);
                const char* shop = random() % 3 == 0 ? "12" : random() % 5 == 0 ? "13" : "";
                if (!used.insert(key).second) continue;
                changes.push_back(random() % 4 == 0 ? removal(key, shop)
                                                    : put(key, std::to_string(i), shop));
            }
            const auto next = store->change(feed, version, changes);
            REQUIRE(next);
            version = *next;
        }
        if (!follower.step(*store, random() % 60)) continue;
        ++ends;
        REQUIRE(follower.set == seen_by(*store, "12"));
    }
    CHECK(ends > 20);
}

TEST_CASE("feeds: fifty thousand records are one version", "[feeds]") {
    const auto house = FeedsHouse::make();
    auto store = house->open();
    std::vector<FeedChange> changes;
    for (int i = 0; i < 50'000; ++i) changes.push_back(put(std::to_string(i), "a product of ours"));
    REQUIRE(store->change(feed, 0, changes).value() == 1);
    Follower follower{.store = "12"};
    while (!follower.step(*store, 128 * 1024)) {}
    CHECK(follower.set.size() == 50'000);
}

TEST_CASE("feeds: all records of a key are found, also what was removed", "[feeds]") {
    const auto house = FeedsHouse::make();
    auto store = house->open();
    REQUIRE(store->change(feed, 0, {put("a", "1"), put("a", "2", "12"), put("b", "3")}));
    REQUIRE(store->change(feed, 1, {removal("a")}));
    const auto found = store->find(feed, "a");
    REQUIRE(found);
    REQUIRE(found->size() == 2);
    CHECK(found->at(0).store().empty());
    CHECK_FALSE(found->at(0).has_body());
    CHECK(found->at(0).version() == 2);
    CHECK(found->at(1).body() == "2");
    CHECK(store->find("other", "a")->empty());
}
