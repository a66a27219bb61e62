// The contract of Store: what every implementation promises.

#include "agent/crypto/hash.hpp"
#include "tests/unit/sync/ledger/store_house.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;

namespace {

struct Fixture {
    std::unique_ptr<Store> open(Opened how = Opened::writing) { return house->open(how); }
    FakeJournal journal(std::size_t events) {
        FakeJournal made{random};
        for (std::size_t i = 1; i <= events; ++i) made.add(100, "body " + std::to_string(i));
        return made;
    }
    static Appended commit(Store& store, const Append& append) {
        const auto done = store.commit({&append, 1});
        if (!done) FAIL(done.error().detail);
        return done->front();
    }

    SeededRandom random{11};
    std::unique_ptr<StoreHouse> house = StoreHouse::make(random);
};

constexpr std::size_t plenty = 1 << 20;
const NoteSigner signer{make_signing_key_pair(), "certified"};

}  // namespace

TEST_CASE_METHOD(Fixture, "ledger: what was committed is read back byte for byte after a restart",
                 "[ledger]") {
    FakeJournal till{random};
    till.add(100, std::string{"\0\x01\xff", 3}, "sealed");
    till.add(49'999, "a kind that nobody knows");
    till.add(250, "erased").erased_sealed = sha256("gone");
    till.hashes.back() = chain_hash(till.hashes[1], till.journal, till.envelopes[2]);
    {
        const auto store = open();
        REQUIRE(store->bind(till.hello()));
        Append run = till.all();
        run.clocks = {{-7, 3}, {-8, 4}, {-9, 5}};
        CHECK(commit(*store, run).won);
    }
    const auto store = open(Opened::reading);
    const auto found = *store->read(till.journal, Seq{0}, plenty, 100);
    REQUIRE(found.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(found[i].envelope == till.envelopes[i]);
        CHECK(found[i].hash == till.hashes[i]);
        const ClockOffset clock{found[i].clock_offset_ms, found[i].clock_error_ms};
        CHECK((clock.offset_ms == -7 - int(i) && clock.error_ms == 3 + int(i)));
    }
    CHECK((*store->find(till.journal))->mark.hash == till.mark().hash);
}

TEST_CASE_METHOD(
    Fixture, "ledger: of two stores with the same expectation one wins, the loser stores nothing",
    "[ledger]") {
    const FakeJournal till = journal(5);
    const auto first = open(), second = open();
    REQUIRE(first->bind(till.hello()));
    CHECK(commit(*first, till.append(0, 3)).won);
    const Appended lost = commit(*second, till.append(0, 5));
    CHECK_FALSE(lost.won);
    CHECK(lost.mark.seq == Seq{3});
    CHECK(lost.mark.hash == till.hashes[2]);
    CHECK(second->read(till.journal, Seq{0}, plenty, 100)->size() == 3);
    CHECK(commit(*second, till.append(3, 5)).won);
    CHECK_FALSE(commit(*first, till.append(3, 5)).won);
    CHECK(first->read(till.journal, Seq{0}, plenty, 100)->size() == 5);
}

TEST_CASE_METHOD(Fixture, "ledger: many journals share a commit and a loser hurts nobody",
                 "[ledger]") {
    const auto store = open();
    std::vector<FakeJournal> tills;
    std::vector<Append> appends;
    for (std::size_t i = 0; i < 20; ++i) {
        tills.push_back(journal(4));
        REQUIRE(store->bind(tills.back().hello()));
        appends.push_back(tills.back().append(0, 2));
        appends.push_back(tills.back().append(2, 4));  // Follows on within the same commit.
    }
    appends[6].expected.hash = sha256("another history");
    const auto done = *store->commit(appends);
    for (std::size_t i = 0; i < done.size(); ++i) CHECK(done[i].won == (i != 6 && i != 7));
    CHECK(store->read(tills[3].journal, Seq{0}, plenty, 100)->empty());
    CHECK(store->read(tills[19].journal, Seq{0}, plenty, 100)->size() == 4);
}

TEST_CASE_METHOD(Fixture, "ledger: an append that does not lead where it says stores nothing",
                 "[ledger]") {
    const auto store = open();
    const FakeJournal till = journal(4);
    CHECK_FALSE(commit(*store, till.all()).won);  // Not bound.
    REQUIRE(store->bind(till.hello()));
    Append hole = till.all(), short_run = till.all(), wrong = till.all(), nothing;
    hole.envelopes.erase(hole.envelopes.begin() + 1);
    hole.hashes.clear();
    short_run.hashes.pop_back();
    wrong.hashes.clear();
    wrong.envelopes[2].body = "altered on the way";
    nothing.journal = till.journal;
    nothing.expected = nothing.result = till.mark_at(0);
    for (const Append* bad : {&hole, &short_run, &wrong, &nothing})
        CHECK_FALSE(commit(*store, *bad).won);
    CHECK((*store->find(till.journal))->mark.seq == Seq{0});
    Append computed = till.all();
    computed.hashes.clear();
    CHECK(commit(*store, computed).won);
    CHECK(*store->hash_at(till.journal, Seq{3}) == till.hashes[2]);
}

TEST_CASE_METHOD(Fixture, "ledger: reading stops at its bounds but always gives one", "[ledger]") {
    const auto store = open();
    FakeJournal till{random};
    for (int i = 0; i < 10; ++i) till.add(100, Bytes(100, 'b'), Bytes(50, 's'));
    const FakeJournal other = journal(3);  // A neighbour in the same table.
    REQUIRE(store->bind(till.hello()));
    REQUIRE(store->bind(other.hello()));
    CHECK(commit(*store, other.all()).won);
    CHECK(commit(*store, till.all()).won);
    CHECK(store->read(till.journal, Seq{0}, 450, 100)->size() == 3);
    CHECK(store->read(till.journal, Seq{0}, 1, 100)->size() == 1);
    CHECK(store->read(till.journal, Seq{0}, plenty, 4)->size() == 4);
    CHECK(store->read(till.journal, Seq{8}, plenty, 100)->front().envelope.seq == Seq{9});
    CHECK(store->read(till.journal, Seq{10}, plenty, 100)->empty());
    CHECK(store->read(till.journal, Seq{~0ULL}, plenty, 100)->empty());
    CHECK(store->hash_at(till.journal, Seq{11}).error().code == Errc::not_found);
    CHECK(*store->hash_at(till.journal, Seq{0}) == genesis(till.journal));
    CHECK(store->read(JournalId{Uuid{}}, Seq{0}, plenty, 1).error().code == Errc::not_found);
}

TEST_CASE_METHOD(Fixture,
                 "ledger: a journal belongs to one device, and later hellos move only last seen",
                 "[ledger]") {
    const auto store = open();
    const FakeJournal till = journal(1);
    JournalRow hello = till.hello();
    hello.predecessor = JournalId{random.uuid()};
    hello.mark = {Seq{99}, sha256("boast")};
    REQUIRE(store->bind(hello)->mark.seq == Seq{0});
    hello.last_seen_ms += 5000;
    hello.workstation = "12/4";
    const JournalRow again = *store->bind(hello);
    CHECK(again.workstation == "12/3");
    CHECK(again.predecessor == hello.predecessor);
    CHECK(again.last_seen_ms == hello.last_seen_ms);
    hello.device = DeviceId{random.uuid()};
    CHECK(store->bind(hello).error().code == Errc::conflict);
    CHECK(store->journals()->size() == 1);
}

TEST_CASE_METHOD(Fixture, "ledger: a branch is kept once, grows, and is no part of the journal",
                 "[ledger]") {
    const auto store = open();
    const FakeJournal till = journal(4);
    REQUIRE(store->bind(till.hello()));
    REQUIRE(commit(*store, till.all()).won);
    FakeJournal clone = till;
    clone.envelopes.resize(2);
    clone.hashes.resize(2);
    for (int i = 0; i < 3; ++i) clone.add(100, "sold on a copy of the disk");
    const std::span<const Envelope> fork = std::span{clone.envelopes}.subspan(2);
    CHECK(*store->keep_branch(till.journal, till.mark_at(2), fork.first(2), 1) == 1);
    CHECK(*store->keep_branch(till.journal, till.mark_at(2), fork, 2) == 1);
    CHECK(*store->keep_branch(till.journal, till.mark_at(2), fork, 3) == 1);
    const auto branches = *store->branches(till.journal);
    REQUIRE(branches.size() == 1);
    CHECK((branches[0].first == Seq{3} && branches[0].last == Seq{5}
           && branches[0].received_ms == 1));
    CHECK(*store->keep_branch(till.journal, till.mark_at(1),
                              std::span{till.envelopes}.subspan(1, 1), 4)
          == 2);
    CHECK(store->keep_branch(till.journal, till.mark_at(1), fork, 5).error().code
          == Errc::malformed);
    CHECK(store->read(till.journal, Seq{0}, plenty, 100)->size() == 4);
}

TEST_CASE_METHOD(Fixture, "ledger: two branches that begin alike are both kept whole", "[ledger]") {
    const auto store = open();
    const FakeJournal till = journal(4);
    REQUIRE(store->bind(till.hello()));
    REQUIRE(commit(*store, till.all()).won);
    FakeJournal first = till, second = till;
    for (int i = 0; i < 2; ++i) first.add(100, "sold on one copy of the disk");
    for (int i = 0; i < 3; ++i) second.add(100, "sold on another copy");
    // Both devices had an acknowledgement up to 2 only, so both hand over 3 and 4 again.
    const auto one = std::span<const Envelope>{first.envelopes}.subspan(2);
    const auto other = std::span<const Envelope>{second.envelopes}.subspan(2);
    CHECK(*store->keep_branch(till.journal, till.mark_at(2), one, 1) == 1);
    CHECK(*store->keep_branch(till.journal, till.mark_at(2), other, 2) == 2);
    CHECK(*store->keep_branch(till.journal, till.mark_at(2), other.first(3), 3) == 2);
    CHECK(*store->keep_branch(till.journal, till.mark_at(2), one, 4) == 1);
    const auto branches = *store->branches(till.journal);
    REQUIRE(branches.size() == 2);
    CHECK((branches[0].last == Seq{6} && branches[1].last == Seq{7}));
}

TEST_CASE_METHOD(Fixture,
                 "ledger: the epoch stays over a restart and changes when a backup is restored",
                 "[ledger]") {
    Bytes first, renewed;
    {
        const auto store = open();
        first = store->epoch();
        CHECK(first.size() == 16);
    }
    {
        const auto store = open();
        CHECK(store->epoch() == first);
        renewed = *store->renew_epoch();
        CHECK(renewed != first);
        CHECK(store->epoch() == renewed);
    }
    CHECK(open(Opened::reading)->epoch() == renewed);
}

TEST_CASE_METHOD(Fixture, "ledger: a reading store sees each commit and cannot write", "[ledger]") {
    const auto writing = open();
    const auto reading = open(Opened::reading);
    const FakeJournal till = journal(3);
    REQUIRE(writing->bind(till.hello()));
    REQUIRE(commit(*writing, till.append(0, 2)).won);
    CHECK(reading->read(till.journal, Seq{0}, plenty, 100)->size() == 2);
    REQUIRE(writing->tidy());
    REQUIRE(commit(*writing, till.append(2, 3)).won);
    CHECK(reading->read(till.journal, Seq{0}, plenty, 100)->size() == 3);
    CHECK_FALSE(reading->renew_epoch());
}

TEST_CASE_METHOD(Fixture,
                 "ledger: what was let go of is gone, and what follows goes on from its checkpoint",
                 "[ledger]") {
    const FakeJournal till = journal(6), other = journal(6);
    {
        const auto store = open();
        for (const FakeJournal* each : {&till, &other}) {
            REQUIRE(store->bind(each->hello()));
            CHECK(commit(*store, each->append(0, 5)).won);
        }
        CHECK_FALSE(*store->checkpoint(till.journal));
        REQUIRE(store->let_go(till.checkpoint(2, signer)));
        REQUIRE(store->let_go(till.checkpoint(3, signer)));
        REQUIRE(store->let_go(till.checkpoint(3, signer)));  // Once is enough.
        CHECK(commit(*store, till.append(5, 6)).won);
    }
    const auto store = open(Opened::reading);
    CHECK((*store->find(till.journal))->kept_from == Seq{3});
    CHECK((*store->find(till.journal))->mark.seq == Seq{6});
    CHECK(store->journals()->at(0).kept_from == Seq{3});
    const auto kept = *store->checkpoint(till.journal);
    REQUIRE(kept);
    CHECK(verify_note(kept->note, kept->key));
    CHECK((kept->note.last == Seq{3} && kept->key == signer.key()));
    const auto rest = *store->read(till.journal, Seq{0}, 1, 100);
    REQUIRE(rest.size() == 1);
    CHECK(rest[0].envelope == till.envelopes[3]);
    CHECK(*store->hash_at(till.journal, Seq{3}) == till.hashes[2]);
    CHECK(store->hash_at(till.journal, Seq{2}).error().code == Errc::not_found);
    CHECK(store->read(other.journal, Seq{0}, plenty, 100)->size() == 5);
    CHECK((*store->find(other.journal))->kept_from == Seq{0});
}

TEST_CASE_METHOD(Fixture,
                 "ledger: everything up to the mark may go, and the next append still follows",
                 "[ledger]") {
    const auto store = open();
    const FakeJournal till = journal(5);
    REQUIRE(store->bind(till.hello()));
    CHECK(commit(*store, till.append(0, 3)).won);
    REQUIRE(store->let_go(till.checkpoint(3, signer)));
    CHECK(store->read(till.journal, Seq{0}, plenty, 100)->empty());
    CHECK_FALSE(commit(*store, till.append(2, 4)).won);
    CHECK(commit(*store, till.append(3, 5)).won);
    CHECK(store->bind(till.hello())->kept_from == Seq{3});
}

TEST_CASE_METHOD(Fixture, "ledger: a checkpoint that is not of what is stored lets nothing go",
                 "[ledger]") {
    const auto store = open();
    const FakeJournal till = journal(6), stranger = journal(6);
    REQUIRE(store->bind(till.hello()));
    CHECK(commit(*store, till.append(0, 5)).won);
    REQUIRE(store->let_go(till.checkpoint(2, signer)));
    KeptNote wrong = till.checkpoint(4, signer);
    wrong.note.hash = till.hashes[0];
    CHECK(store->let_go(wrong).error().code == Errc::corrupt);
    CHECK(store->let_go(till.checkpoint(1, signer)).error().code == Errc::out_of_range);
    CHECK(store->let_go(till.checkpoint(6, signer)).error().code == Errc::out_of_range);
    CHECK(store->let_go(stranger.checkpoint(1, signer)).error().code == Errc::not_found);
    CHECK(store->read(till.journal, Seq{0}, plenty, 100)->size() == 3);
    CHECK((*store->checkpoint(till.journal))->note.last == Seq{2});
}

TEST_CASE_METHOD(
    Fixture, "ledger: a sealed part that is erased leaves its hash, and the chain still proves all",
    "[ledger]") {
    FakeJournal till{random};
    till.add(100, "body", "her name");
    till.add(100, "another", "his name");
    till.add(100, "nobody's");
    const auto store = open();
    REQUIRE(store->bind(till.hello()));
    REQUIRE(commit(*store, till.append(0, 3)).won);
    for (int again = 0; again < 2; ++again)
        REQUIRE(store->erase_sealed(till.journal, std::vector{Seq{1}, Seq{3}, Seq{77}}));
    const auto run = store->read(till.journal, Seq{0}, plenty, 10);
    REQUIRE(run);
    REQUIRE(run->size() == 3);
    CHECK((*run)[0].envelope.sealed.empty());
    CHECK((*run)[0].envelope.erased_sealed == sha256("her name"));
    CHECK((*run)[1].envelope.sealed == "his name");
    CHECK_FALSE((*run)[2].envelope.erased_sealed);
    Digest hash = genesis(till.journal);
    for (const auto& one : *run)
        CHECK((hash = chain_hash(hash, till.journal, one.envelope)) == one.hash);
}
