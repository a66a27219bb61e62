#include "agent/customercache/customer_cache.hpp"

#include "agent/crypto/sealing.hpp"
#include "agent/crypto/system_random.hpp"
#include "sync/feeds/feed_answer.hpp"
#include "sync/wire/feed_page.hpp"
#include "tests/support/scratch.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <fstream>
#include <iterator>

using namespace till;
using namespace till::sync;

namespace {

constexpr auto phone = v1::IDENTIFIER_TYPE_PHONE;
constexpr auto card = v1::IDENTIFIER_TYPE_LOYALTY_CARD;
constexpr std::int64_t day_ms = 24 * 3600 * 1000;

v1::FeedRecord put(const std::string& key, const std::string& name,
                   std::initializer_list<std::pair<v1::IdentifierType, std::string>> identifiers,
                   const std::string& store = "") {
    v1::CustomerCard said;
    said.set_given_name(name);
    for (const auto& [type, value] : identifiers) {
        said.add_identifiers()->set_type(type);
        said.mutable_identifiers()->rbegin()->set_value(value);
    }
    v1::FeedRecord record;
    record.set_key(key);
    record.set_store(store);
    record.set_body(said.SerializeAsString());
    return record;
}

v1::FeedRecord removal(const std::string& key) {
    v1::FeedRecord record;
    record.set_key(key);
    return record;
}

/// A centre with one device of store 12.
struct Pair {
    Scratch folder;
    SystemRandom random;
    WallTime now{1'700'000'000'000};
    std::unique_ptr<FeedStore> centre = *FeedStore::open(folder.path / "feeds.db", random);
    std::optional<Bytes> key;
    std::unique_ptr<CustomerCache> device = open();
    std::uint64_t version = 0;

    std::unique_ptr<CustomerCache> open() {
        CustomerCache::Options options{.file = folder.path / "customers.db",
                                       .store = "12",
                                       .max_age = std::chrono::days{14},
                                       .key = [this]() -> Result<Secret> {
                                           if (!key) key = Bytes{make_key().reveal()};
                                           return Secret{*key};
                                       },
                                       .forget_key = [this] { key.reset(); }};
        auto opened = CustomerCache::open(std::move(options), now);
        if (!opened) FAIL(opened.error().detail);
        return *std::move(opened);
    }
    void change(const std::vector<v1::FeedRecord>& changes) {
        const auto next = centre->change(customers_feed, version, changes);
        REQUIRE(next);
        version = *next;
    }
    void follow() {
        for (bool more = true; more;) {
            const auto page = answer_feed(*centre, device->copy().request(), "12");
            REQUIRE(page);
            const auto taken = device->take(*page, now);
            if (!taken) FAIL(taken.error().detail);
            more = *taken == FeedCopy::Taken::more;
        }
    }
    std::string name(v1::IdentifierType type, const std::string& value) {
        const auto found = device->find(type, value);
        if (!found) FAIL(found.error().detail);
        if (!*found) return "";
        CHECK((*found)->identifiers_size() == 0);
        return (*found)->given_name();
    }
    std::string on_disk() {
        std::string all;
        for (const char* part : {"", "-wal"}) {
            std::ifstream in{(folder.path / "customers.db").concat(part), std::ios::binary};
            all.append(std::istreambuf_iterator<char>{in}, {});
        }
        return all;
    }
};

}  // namespace

TEST_CASE("customer cache: she is found by card and phone, until she has another or is gone",
          "[customers]") {
    Pair pair;
    pair.change({put("a", "Mei", {{phone, "+886912345678"}, {card, "77001"}}),
                 put("b", "Jo", {{card, "77002"}}), put("c", "Far", {{card, "77003"}}, "99")});
    CHECK(pair.name(card, "77001").empty());
    pair.follow();
    CHECK(pair.name(card, "77001") == "Mei");
    CHECK(pair.name(phone, "+886912345678") == "Mei");
    CHECK(pair.name(phone, "77001").empty());  // A card's number is no phone's.
    CHECK(pair.name(card, "77003").empty());   // Of another store.
    pair.change({put("a", "Mei", {{phone, "+886900000000"}, {card, "77001"}}), removal("b")});
    pair.follow();
    CHECK(pair.name(phone, "+886912345678")
              .empty());  // Before and after the old record is cleaned up.
    while (*pair.device->copy().tidy()) {}
    CHECK(pair.name(phone, "+886912345678").empty());
    CHECK(pair.name(phone, "+886900000000") == "Mei");
    CHECK(pair.name(card, "77002").empty());
    pair.device = pair.open();
    CHECK(pair.name(card, "77001") == "Mei");
}

TEST_CASE("customer cache: the disk alone names nobody", "[customers]") {
    Pair pair;
    pair.change({put("a", "Clothilde", {{phone, "+886912345678"}, {card, "77001234"}})});
    pair.follow();
    CHECK(pair.name(card, "77001234") == "Clothilde");
    const std::string disk = pair.on_disk();
    REQUIRE(disk.size() > 4096);
    for (const char* word : {"Clothilde", "886912345678", "77001234"})
        CHECK(disk.find(word) == std::string::npos);
    pair.key = Bytes(32, 'x');  // Without the right key nothing is found, and nothing opens.
    pair.device = pair.open();
    CHECK(pair.name(card, "77001234").empty());
}

TEST_CASE("customer cache: a device that hears of no centre forgets everybody, and the key to them",
          "[customers]") {
    Pair pair;
    pair.change({put("a", "Mei", {{card, "77001"}})});
    pair.follow();
    const auto first_key = *pair.key;
    pair.now = WallTime{pair.now.value() + 10 * day_ms};
    pair.follow();  // Nothing new, but the centre was heard.
    pair.now = WallTime{pair.now.value() + 13 * day_ms};
    CHECK_FALSE(*pair.device->expire(pair.now));
    CHECK(pair.name(card, "77001") == "Mei");
    pair.now = WallTime{pair.now.value() + 2 * day_ms};
    CHECK(*pair.device->expire(pair.now));
    CHECK(pair.name(card, "77001").empty());
    CHECK(pair.device->copy().version() == 0);
    CHECK(*pair.key != first_key);
    pair.follow();  // It is fetched anew.
    CHECK(pair.name(card, "77001") == "Mei");
}
