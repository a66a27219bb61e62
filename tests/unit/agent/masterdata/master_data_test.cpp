// The device's copy against a real store of feeds.

#include "agent/masterdata/master_data.hpp"

#include "agent/crypto/system_random.hpp"
#include "sync/feeds/feed_answer.hpp"
#include "sync/masterdata/master_keys.hpp"
#include "tests/support/scratch.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <random>

using namespace till;
using sync::FeedStore;

namespace {

constexpr WallTime now{1'795'392'000'000};

v1::MasterRecord product(const std::string& gtin, const std::string& price,
                         const std::string& store = {}, const std::string& sku = {}) {
    v1::MasterRecord record;
    record.mutable_product()->set_gtin(gtin);
    record.mutable_product()->set_sku(sku);
    record.mutable_product()->set_store(store);
    record.mutable_product()->set_unit_price(price);
    return record;
}

v1::FeedRecord put(const v1::MasterRecord& record) {
    v1::FeedRecord change;
    change.set_key(sync::key_of(record).key);
    change.set_store(sync::key_of(record).store);
    change.set_alias(sync::alias_of(record));
    change.set_body(record.SerializeAsString());
    return change;
}

v1::FeedRecord removal(const v1::MasterRecord& record) {
    v1::FeedRecord change = put(record);
    change.clear_body();
    return change;
}

/// A centre with one device of store 12.
struct Pair {
    Scratch folder;
    SystemRandom random;
    std::unique_ptr<FeedStore> centre = open_centre();
    std::unique_ptr<MasterData> device = open_device();
    std::uint64_t version = 0;

    std::unique_ptr<FeedStore> open_centre() {
        return *FeedStore::open(folder.path / "feeds.db", random);
    }
    std::unique_ptr<MasterData> open_device(const char* store = "12") {
        auto opened = MasterData::open(folder.path / "master.db", store, "3");
        if (!opened) FAIL(opened.error().detail);
        return *std::move(opened);
    }
    void change(const std::vector<v1::FeedRecord>& changes) {
        const auto next = centre->change(sync::master_feed, version, changes);
        REQUIRE(next);
        version = *next;
    }
    v1::FeedPage page() { return *sync::answer_feed(*centre, device->request(), "12"); }
    MasterData::Taken take(const v1::FeedPage& given) {
        const auto taken = device->take(given, now);
        if (!taken) FAIL(taken.error().detail);
        return *taken;
    }
    void follow() {
        while (take(page()) == MasterData::Taken::more) {}
    }
    std::string price(const std::string& gtin) {
        const auto found = device->find_product(gtin, "");
        REQUIRE(found);
        return *found ? (*found)->unit_price() : "";
    }
};

const std::string pen = "4006381333931", bag = "96385074";

}  // namespace

TEST_CASE("masterdata: a version counts once all of it has come, not before", "[masterdata]") {
    Pair pair;
    std::vector<v1::FeedRecord> many{put(product(pen, "1"))};
    for (int i = 0; i < 5000; ++i)
        many.push_back(put(product("", "1.00", "", "sku-" + std::to_string(i))));
    pair.change(many);
    CHECK(pair.device->version() == 0);
    int pages = 1;
    while (pair.take(pair.page()) == MasterData::Taken::more) {
        ++pages;
        CHECK(pair.price(pen).empty());
        pair.device = pair.open_device();  // It goes on where it was.
    }
    CHECK(pages > 2);
    CHECK(pair.price(pen) == "1");
    CHECK(pair.device->version() == 1);
    CHECK((*pair.device->find_product("", "sku-4999"))->unit_price() == "1.00");
    CHECK(pair.take(pair.page()) == MasterData::Taken::unchanged);

    for (int i = 0; i < 5000; ++i)
        many[static_cast<std::size_t>(i) + 1] =
            put(product("", "2.00", "", "sku-" + std::to_string(i)));
    many[0] = put(product(pen, "2"));
    pair.change(many);
    CHECK(pair.take(pair.page()) == MasterData::Taken::more);
    CHECK(pair.price(pen) == "1");
    pair.follow();
    CHECK(pair.price(pen) == "2");
    CHECK((*pair.device->find_product("", "sku-7"))->unit_price() == "2.00");
}

TEST_CASE("masterdata: a store's own record hides the general one while it is there",
          "[masterdata]") {
    Pair pair;
    pair.change(
        {put(product(pen, "1")), put(product(pen, "3", "12")), put(product(pen, "9", "13"))});
    pair.follow();
    CHECK(pair.price(pen) == "3");
    pair.change({removal(product(pen, "3", "12"))});
    pair.follow();
    CHECK(pair.price(pen) == "1");
    pair.change({removal(product(pen, "1"))});
    pair.follow();
    CHECK(pair.price(pen).empty());
    while (*pair.device->tidy()) {}
    CHECK(pair.price(pen).empty());
    CHECK(pair.device->version() == 3);
}

TEST_CASE("masterdata: a SKU that several GTINs share finds the first of them", "[masterdata]") {
    Pair pair;
    pair.change({put(product(bag, "5", "", "BAG")), put(product(pen, "6", "", "BAG"))});
    pair.follow();
    CHECK((*pair.device->find_product("", "BAG"))->gtin() == bag);
    pair.change({put(product(bag, "5", "", "OTHER"))});
    pair.follow();
    CHECK((*pair.device->find_product("", "BAG"))->gtin() == pen);
    CHECK_FALSE(*pair.device->find_product("", "NONE"));
}

TEST_CASE("masterdata: a centre that was restored is followed from the beginning", "[masterdata]") {
    Pair pair;
    pair.change({put(product(pen, "1")), put(product(bag, "1"))});
    pair.change({put(product(pen, "2"))});
    pair.follow();
    const auto late = pair.page();
    pair.centre.reset();
    std::filesystem::remove(pair.folder.path / "feeds.db");
    pair.centre = pair.open_centre();
    pair.version = 0;
    pair.change({put(product(pen, "1"))});
    pair.follow();
    CHECK(pair.device->version() == 1);
    CHECK(pair.price(pen) == "1");
    CHECK(pair.price(bag).empty());
    CHECK(pair.take(late) == MasterData::Taken::unchanged);  // An answer from before.
    while (*pair.device->tidy()) {}
    CHECK(pair.price(pen) == "1");
}

TEST_CASE("masterdata: whatever comes in between, what is in use is what the centre has",
          "[masterdata]") {
    Pair pair;
    std::mt19937 random{20261128};
    const std::vector<std::string> names = {"a", "b", "c", "d", "e", "f"};
    for (int i = 0; i < 200; ++i) {
        std::vector<v1::FeedRecord> changes;
        for (const auto& name : names) {
            const std::string store = random() % 3 == 0 ? "12" : "";
            const auto record = product("", std::to_string(i), store, name);
            if (random() % 3 == 0)
                changes.push_back(random() % 3 == 0 ? removal(record) : put(record));
        }
        pair.change(changes);
        if (random() % 2 == 0) pair.follow();
        if (random() % 4 == 0) REQUIRE(pair.device->tidy());
        if (random() % 8 == 0) pair.device = pair.open_device();
    }
    pair.follow();
    const auto all = *pair.centre->all(sync::master_feed);
    for (const auto& name : names) {
        std::string price;
        for (const auto& record : all) {
            v1::MasterRecord read;
            REQUIRE(read.ParseFromString(record.body()));
            if (read.product().sku() == name) price = read.product().unit_price();  // "12" is last.
        }
        const auto found = pair.device->find_product("", name);
        REQUIRE(found);
        INFO(name);
        CHECK((*found ? (*found)->unit_price() : "") == price);
    }
}

TEST_CASE("masterdata: pages that make no sense change nothing", "[masterdata]") {
    Pair pair;
    pair.change({put(product(pen, "1"))});
    pair.follow();
    pair.change({put(product(pen, "2"))});
    auto page = pair.page();
    page.clear_epoch();
    CHECK(pair.device->take(page, now).error().code == Errc::malformed);
    page = pair.page();
    page.set_payload("\xff\xff no records");
    page.set_codec(0);
    CHECK(pair.device->take(page, now).error().code == Errc::malformed);
    page = pair.page();
    page.set_codec(99);
    CHECK(pair.device->take(page, now).error().code == Errc::unsupported);
    page = pair.page();
    page.set_last(false);
    *page.mutable_next() = page.after();
    CHECK(pair.device->take(page, now).error().code == Errc::malformed);
    CHECK(pair.price(pen) == "1");
    pair.follow();
    CHECK(pair.price(pen) == "2");
}

TEST_CASE("masterdata: a device that moves to another store forgets the first one's",
          "[masterdata]") {
    Pair pair;
    pair.change({put(product(pen, "1")), put(product(bag, "2", "12"))});
    pair.follow();
    pair.device.reset();
    pair.device = pair.open_device("13");
    CHECK(pair.device->version() == 0);
    CHECK(pair.price(bag).empty());
}

TEST_CASE("masterdata: a damaged copy is fetched anew", "[masterdata]") {
    Pair pair;
    pair.change({put(product(pen, "1"))});
    pair.follow();
    pair.device.reset();
    std::filesystem::remove(pair.folder.path / "master.db-wal");
    std::ofstream{pair.folder.path / "master.db", std::ios::trunc} << std::string(8192, 'x');
    pair.device = pair.open_device();
    CHECK(pair.device->version() == 0);
    pair.follow();
    CHECK(pair.price(pen) == "1");
}
