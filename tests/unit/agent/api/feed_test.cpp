#include "agent/api/feed.hpp"
#include "agent/runtime/deadline.hpp"
#include "agent/store/database.hpp"
#include "tests/unit/agent/api/shop.hpp"

using namespace till;
using namespace std::chrono_literals;

namespace {

using Messages = Result<std::vector<v1::FeedMessage>>;

struct SyncFeed : Feed {
    explicit SyncFeed(Shop& shop) : Feed{shop.loop.get_executor(), *shop.journal} {
        add_state("sync", [](v1::FeedMessage& message) { message.mutable_sync()->set_up(true); });
    }
};

}  // namespace

TEST_CASE("feed: a follower is told of the link, then of each capture it wants, in order",
          "[feed]") {
    Shop shop;
    REQUIRE(shop.control("DAY_OPEN"));
    REQUIRE(shop.sale());
    SyncFeed feed{shop};
    FeedFollower all{feed, Seq{0}, ""};
    CHECK(shop.wait(all.next())->front().topic() == "sync");
    const Messages both = shop.wait(all.next());
    REQUIRE(both.has_value());
    REQUIRE(both->size() == 2);
    CHECK(both->front().topic() == "capture.control_transaction");
    CHECK(both->back().event().seq() == 2);
    CHECK(both->back().journal_id() == shop.journal->identity().journal.value().text());
    FeedFollower sales{feed, Seq{0}, "capture.retail"};
    const Messages one = shop.wait(sales.next());
    REQUIRE(one.has_value());
    REQUIRE(one->size() == 1);
    CHECK(one->front().event().seq() == 2);
}

TEST_CASE("feed: what was let go of is passed over, and a follower that is level waits", "[feed]") {
    Shop shop;
    REQUIRE(shop.sale());
    REQUIRE(shop.sale());
    {
        auto database = Database::open({.file = shop.options.file});
        REQUIRE(
            database->execute("INSERT INTO checkpoint SELECT 1, seq, hash FROM event"
                              " WHERE seq = 1; DELETE FROM event WHERE seq = 1"));
    }
    shop.restart();
    SyncFeed feed{shop};
    FeedFollower follower{feed, Seq{0}, "capture"};
    const Messages kept = shop.wait(follower.next());
    REQUIRE(kept.has_value());
    REQUIRE(kept->size() == 1);
    CHECK(kept->front().event().seq() == 2);
    const Messages none = shop.wait(with_deadline(100ms, follower.next()));
    REQUIRE_FALSE(none.has_value());
    CHECK(none.error().code == Errc::timed_out);
}
