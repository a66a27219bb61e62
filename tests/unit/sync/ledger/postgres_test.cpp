// What PostgreSQL alone can do to a ledger: go away, deadlock, answer too late.

#include "tests/unit/sync/ledger/postgres_cable.hpp"
#include "tests/unit/sync/ledger/postgres_house.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <thread>

using namespace till;
using namespace till::sync;
using Cut = PostgresCable::Cut;

namespace {

struct Fixture {
    FakeJournal journal(std::size_t events) {
        FakeJournal made{random};
        for (std::size_t i = 1; i <= events; ++i) made.add(100, "body " + std::to_string(i));
        return made;
    }
    Postgres connect() {
        auto made = Postgres::open(house.address());
        if (!made) FAIL(made.error().detail);
        return *std::move(made);
    }
    std::unique_ptr<Store> open_at(std::uint16_t port) {
        auto made = PostgresStore::open({.address = house.address(port)}, random);
        if (!made) FAIL(made.error().detail);
        return *std::move(made);
    }
    std::size_t stored(const FakeJournal& till) {
        return house.open(Opened::reading)->read(till.journal, Seq{0}, 1 << 20, 10'000)->size();
    }

    SeededRandom random{3};
    PostgresHouse house{random};
};

/// Ends the server's side of every other connection.
void hang_up_others(Postgres& db) {
    REQUIRE(
        db.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                   "WHERE pid <> pg_backend_pid() AND datname = current_database()"));
}

void wait_for_lock_wait(Postgres& db) {
    for (int tries = 0; tries < 1000; ++tries) {
        const auto waiting =
            db.ask("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
        REQUIRE(waiting);
        if (waiting->size() > 0) return;
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    FAIL("nobody waits for a lock");
}

/// Hands over journals one event at a time until all are at their end; counts what it won.
std::size_t race(Store& store, std::vector<FakeJournal> tills, unsigned seed) {
    std::minstd_rand order{seed};
    std::size_t won = 0;
    for (bool behind = true; behind;) {
        behind = false;
        std::shuffle(tills.begin(), tills.end(), order);
        std::vector<Append> appends;
        for (const FakeJournal& till : tills) {
            const auto at = (*store.find(till.journal))->mark.seq.value();
            if (at == till.envelopes.size()) continue;
            appends.push_back(till.append(at, at + 1));
            behind = true;
        }
        const auto done = store.commit(appends);
        if (!done) return 0;
        won += static_cast<std::size_t>(std::ranges::count_if(*done, &Appended::won));
    }
    return won;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "postgres: a commit whose answer was lost is looked up and has won",
                 "[ledger]") {
    const auto how = GENERATE(Cut::answer, Cut::late);
    const FakeJournal till = journal(6);
    PostgresCable cable{house.port()};
    const auto store = open_at(cable.port());
    REQUIRE(store->bind(till.hello()));
    cable.cut = how;
    const Append run = till.append(0, 4);
    const auto done = store->commit({&run, 1});
    REQUIRE(done);
    CHECK(done->front().won);
    CHECK(done->front().mark.seq == Seq{4});
    CHECK(stored(till) == 4);
    const Append rest = till.append(4, 6);
    CHECK(store->commit({&rest, 1})->front().won);
}

TEST_CASE_METHOD(Fixture, "postgres: a commit that never arrived is known to have stored nothing",
                 "[ledger]") {
    const FakeJournal till = journal(4);
    PostgresCable cable{house.port()};
    const auto store = open_at(cable.port());
    REQUIRE(store->bind(till.hello()));
    cable.cut = Cut::commit;
    const Append run = till.all();
    const auto done = store->commit({&run, 1});
    REQUIRE_FALSE(done);
    CHECK(done.error().code == Errc::io);
    CHECK(stored(till) == 0);
    CHECK(store->commit({&run, 1})->front().won);
    CHECK(stored(till) == 4);
}

TEST_CASE_METHOD(Fixture, "postgres: a server that hung up is called again without a word",
                 "[ledger]") {
    const FakeJournal till = journal(4);
    const auto store = house.open();
    REQUIRE(store->bind(till.hello()));
    const Append run = till.append(0, 2), rest = till.append(2, 4);
    Postgres other = connect();
    hang_up_others(other);
    CHECK(store->commit({&run, 1})->front().won);
    hang_up_others(other);
    CHECK((*store->find(till.journal))->mark.seq == Seq{2});
    hang_up_others(other);
    CHECK(store->read(till.journal, Seq{0}, 1000, 10)->size() == 2);
    hang_up_others(other);
    CHECK(store->keep_branch(till.journal, till.mark_at(1), run.envelopes, 1).error().code
          == Errc::malformed);
    CHECK(store->commit({&rest, 1})->front().won);
}

TEST_CASE_METHOD(Fixture, "postgres: a store whose server is away says so and keeps nothing",
                 "[ledger]") {
    const FakeJournal till = journal(2);
    auto cable = std::make_unique<PostgresCable>(house.port());
    const auto port = cable->port();
    const auto store = open_at(port);
    REQUIRE(store->bind(till.hello()));
    cable.reset();
    const Append run = till.all();
    const auto done = store->commit({&run, 1});
    REQUIRE_FALSE(done);
    CHECK(done.error().code == Errc::io);
    const auto refused = PostgresStore::open({.address = house.address(port)}, random);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().detail.find("till@127.0.0.1:" + std::to_string(port)) != Bytes::npos);
    CHECK(refused.error().detail.find("s3cret") == Bytes::npos);
}

TEST_CASE_METHOD(Fixture, "postgres: two gateways on the same journals store each event once",
                 "[ledger]") {
    std::vector<FakeJournal> tills;
    const auto first = house.open(), second = house.open();
    for (int i = 0; i < 8; ++i) {
        tills.push_back(journal(40));
        REQUIRE(first->bind(tills.back().hello()));
    }
    std::size_t won_first = 0, won_second = 0;
    {
        const std::jthread one{[&] { won_first = race(*first, tills, 1); }};
        const std::jthread two{[&] { won_second = race(*second, tills, 2); }};
    }
    CHECK(won_first + won_second == 8 * 40);
    for (const FakeJournal& till : tills) {
        CHECK(stored(till) == 40);
        CHECK((*first->find(till.journal))->mark.hash == till.mark().hash);
    }
}

TEST_CASE_METHOD(Fixture, "postgres: a commit that loses a deadlock is done again", "[ledger]") {
    const FakeJournal one = journal(2), two = journal(2);
    const bool ordered = one.journal < two.journal;
    const FakeJournal &low = ordered ? one : two, &high = ordered ? two : one;
    Postgres rude = connect(), witness = connect();
    // The store is the one that looks for a deadlock, when the other has long come to wait for it.
    REQUIRE(rude.execute("SET deadlock_timeout = '1min'; SET lock_timeout = 0"));
    REQUIRE(witness.execute("ALTER ROLE till SET deadlock_timeout = '2s'"));
    const auto store = house.open();
    REQUIRE(witness.execute("ALTER ROLE till RESET deadlock_timeout"));
    REQUIRE(store->bind(low.hello()));
    REQUIRE(store->bind(high.hello()));
    constexpr auto lock = "SELECT 1 FROM journals WHERE journal = $1 FOR UPDATE";
    REQUIRE(rude.begin());
    REQUIRE(rude.ask(lock, high.journal.value()));
    Result<std::vector<Appended>> done;
    const std::vector<Append> both = {low.all(), high.all()};
    std::jthread commit{[&] { done = store->commit(both); }};
    wait_for_lock_wait(witness);
    REQUIRE(rude.ask(lock, low.journal.value()));  // Until the server sends the store away.
    REQUIRE(rude.commit());
    commit.join();
    REQUIRE(done);
    CHECK((done->at(0).won && done->at(1).won));
}

TEST_CASE_METHOD(Fixture, "postgres: a server that does not sync is refused", "[ledger]") {
    Postgres admin = connect();
    const auto set = [&](const char* how) {
        REQUIRE(admin.execute(how));
        REQUIRE(admin.execute("SELECT pg_reload_conf()"));
    };
    const auto opens = [&](bool wanted) {
        for (int tries = 0; tries < 200; ++tries) {
            const auto made = Postgres::open(house.address());
            if (made.has_value() == wanted) return wanted || made.error().code == Errc::unsupported;
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
        }
        return false;
    };
    set("ALTER SYSTEM SET fsync = off");
    CHECK(opens(false));
    set("ALTER SYSTEM RESET fsync");
    CHECK(opens(true));
}

TEST_CASE("postgres: an address is shown without its password, and a bad one not at all",
          "[ledger]") {
    const auto good = PostgresAddress::parse("postgresql://till:hush@db.test:5433/centre");
    REQUIRE(good);
    CHECK(good->text() == "till@db.test:5433/centre");
    for (const char* bad : {"", "postgresql://till:hu%zzsh@db.test/centre", "hush", "x=hush"}) {
        const auto refused = PostgresAddress::parse(bad);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Errc::malformed);
        CHECK(refused.error().detail.find("sh@") == Bytes::npos);
        CHECK(refused.error().detail.find("hush") == Bytes::npos);
    }
}
