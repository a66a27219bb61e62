#include "sync/ledger/ledger.hpp"

#include "agent/core/limits.hpp"
#include "agent/runtime/task_group.hpp"
#include "sync/ledger/append_queue.hpp"
#include "tests/unit/sync/ledger/store_house.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;

namespace {

struct Fixture {
    /// Runs the loop until `work` is done.
    template <class T>
    T wait(asio::awaitable<T> work) {
        auto done = asio::co_spawn(loop, std::move(work), asio::use_future);
        loop.restart();
        loop.run();
        return done.get();
    }
    FakeJournal bound(std::size_t events) {
        FakeJournal till{random};
        for (std::size_t i = 0; i < events; ++i) till.add(100, Bytes(200, 'x'));
        REQUIRE(wait(ledger.bind(till.hello())));
        return till;
    }

    SeededRandom random{5};
    std::unique_ptr<StoreHouse> house = StoreHouse::make(random);
    asio::io_context loop;
    std::unique_ptr<Store> writing = house->open(Opened::writing);
    std::unique_ptr<Store> reading = house->open(Opened::reading);
    Ledger ledger{std::move(writing), std::move(reading)};
};

/// A device that hands over its journal one batch at a time.
asio::awaitable<void> hand_over(Ledger& ledger, const FakeJournal& till, std::size_t batch,
                                int& won) {
    for (std::size_t from = 0; from < till.envelopes.size(); from += batch) {
        const auto done = co_await ledger.commit(
            till.append(from, std::min(from + batch, till.envelopes.size())));
        if (done && done->won) ++won;
    }
}

asio::awaitable<void> note_news(Ledger& ledger, Result<News>& heard) {
    heard = co_await ledger.wait_for_news(0);
}

}  // namespace

TEST_CASE_METHOD(Fixture, "ledger: appends of many journals are each answered and all stored",
                 "[ledger]") {
    std::vector<FakeJournal> tills;
    for (int i = 0; i < 12; ++i) tills.push_back(bound(50));
    int won = 0;
    TaskGroup devices{loop.get_executor()};
    for (const FakeJournal& till : tills) devices.spawn(hand_over(ledger, till, 10, won));
    loop.restart();
    loop.run();
    CHECK(won == 12 * 5);
    for (const FakeJournal& till : tills) {
        CHECK(wait(ledger.find(till.journal)).value()->mark.hash == till.mark().hash);
        CHECK(wait(ledger.read(till.journal, Seq{0}, 1 << 20, 100))->size() == 50);
        CHECK(*wait(ledger.hash_at(till.journal, Seq{7})) == till.hashes[6]);
    }
    CHECK(wait(ledger.journals())->size() == 12);
    CHECK(ledger.epoch().size() == 16);
}

TEST_CASE_METHOD(Fixture, "ledger: two sessions of one journal cannot both win", "[ledger]") {
    const FakeJournal till = bound(40);
    int first = 0, second = 0;
    TaskGroup sessions{loop.get_executor()};
    sessions.spawn(hand_over(ledger, till, 10, first));
    sessions.spawn(hand_over(ledger, till, 10, second));
    loop.restart();
    loop.run();
    CHECK(first + second == 4);
    CHECK(wait(ledger.read(till.journal, Seq{0}, 1 << 20, 100))->size() == 40);
}

TEST_CASE_METHOD(Fixture, "ledger: news wakes a consumer and names the journals that moved",
                 "[ledger]") {
    const FakeJournal till = bound(3), quiet = bound(3);
    Result<News> heard;
    TaskGroup consumers{loop.get_executor()};
    consumers.spawn(note_news(ledger, heard));
    REQUIRE(wait(ledger.commit(till.all())));
    REQUIRE(heard);
    REQUIRE(heard->journals.size() == 1);
    CHECK(heard->journals[0].first == till.journal);
    CHECK(heard->journals[0].second.seq == Seq{3});
    CHECK(heard->cursor == ledger.news_cursor());

    consumers.spawn(note_news(ledger, heard));  // Already there: answered at once.
    loop.restart();
    loop.run();
    CHECK(heard);
}

TEST_CASE_METHOD(Fixture, "ledger: a consumer that is cancelled stops waiting", "[ledger]") {
    Result<News> heard{News{}};
    TaskGroup consumers{loop.get_executor()};
    consumers.spawn(note_news(ledger, heard));
    loop.restart();
    loop.poll();
    consumers.cancel();
    loop.restart();
    loop.run();
    REQUIRE_FALSE(heard);
    CHECK(heard.error().code == Errc::abandoned);
}

TEST_CASE_METHOD(Fixture, "ledger: a branch is kept through the shell", "[ledger]") {
    const FakeJournal till = bound(2);
    CHECK(*wait(ledger.keep_branch(till.journal, till.mark_at(0), till.envelopes, 1)) == 1);
    CHECK(wait(ledger.branches(till.journal))->size() == 1);
    CHECK(wait(ledger.find(JournalId{Uuid{}}))->has_value() == false);
}

TEST_CASE("ledger: a long backlog of one journal leaves room for the others in each commit",
          "[ledger]") {
    SeededRandom random{1};
    AppendQueue queue;
    FakeJournal busy{random}, quiet{random};
    for (int i = 0; i < 4000; ++i) busy.add(100, "x");
    quiet.add(100, "y");
    const auto ignore = [](Result<Appended>) {};
    for (std::size_t from = 0; from < 4000; from += 2000)
        queue.push(busy.append(from, from + 2000), ignore);
    queue.push(busy.append(0, 2000), ignore);
    queue.push(quiet.all(), ignore);

    const auto first = queue.take();
    REQUIRE(first.size() == 3);  // 2000 of busy, 1 of quiet, 2000 of busy; the rest is too much.
    CHECK(first[1].append.journal == quiet.journal);
    CHECK(queue.bytes() == 2000);
    CHECK(queue.take().size() == 1);
    CHECK((queue.empty() && queue.bytes() == 0 && queue.take().empty()));
}
