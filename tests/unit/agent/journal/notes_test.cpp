#include "agent/journal/salvage.hpp"
#include "tests/unit/agent/journal/fixture.hpp"

using namespace till;

namespace {

sync::KeptNote note_of(const JournalCore& core, const Bytes& epoch, std::int64_t time) {
    sync::KeptNote kept;
    kept.note.store_epoch = epoch;
    kept.note.journal = core.identity().journal;
    kept.note.last = core.head().seq;
    kept.note.hash = core.head().hash;
    kept.note.time = WallTime{time};
    kept.note.key_id = "12345678";
    kept.note.signature = Bytes(64, 's');
    kept.key = {Bytes(32, 'k'), "vouched for"};
    return kept;
}

}  // namespace

TEST_CASE("journal: the newest note of each store is there after it is opened again", "[journal]") {
    TestJournal journal;
    {
        auto core = journal.create();
        append(core, some_draft("a"));
        REQUIRE(core.keep_note(note_of(core, "first store.....", 1)));
        append(core, some_draft("b"));
        REQUIRE(core.keep_note(note_of(core, "first store.....", 2)));
        REQUIRE(core.keep_note(note_of(core, "second store....", 3)));
        CHECK(core.notes().size() == 2);
    }
    const auto core = journal.open();
    REQUIRE(core.notes().size() == 2);
    CHECK(core.notes()[0].note.last == Seq{2});
    CHECK(core.notes()[1].note.store_epoch == "second store....");
    const auto read = journal.reader().notes();
    REQUIRE(read);
    CHECK((*read)[0].note.journal == core.identity().journal);
    CHECK((*read)[0].note.hash == core.head().hash);
    CHECK((*read)[0].key == core.notes()[0].key);
}

TEST_CASE("salvage: what the centre has confirmed stays provable", "[journal]") {
    TestJournal journal;
    {
        auto core = journal.create();
        append(core, some_draft("a"));
        REQUIRE(core.keep_note(note_of(core, "first store.....", 1)));
        REQUIRE(core.keep_note(note_of(core, "second store....", 2)));
    }
    const auto healed = journal.scratch.path / "healed.db";
    REQUIRE(salvage_journal({.damaged = journal.options.file,
                             .into = healed,
                             .identity = some_identity(),
                             .cause = "a test",
                             .kept_as = "damaged-1.db"}));
    const auto before = journal.reader().notes();
    const auto after = JournalReader::open(healed)->notes();
    REQUIRE(after);
    REQUIRE(after->size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK((*after)[i].note.signature == (*before)[i].note.signature);
        CHECK((*after)[i].note.store_epoch == (*before)[i].note.store_epoch);
        CHECK((*after)[i].key == (*before)[i].key);
    }
}

TEST_CASE("journal: a note of another journal or another chain is not kept", "[journal]") {
    TestJournal journal;
    auto core = journal.create();
    append(core, some_draft("a"));
    auto of_another = note_of(core, "first store.....", 1);
    of_another.note.journal = JournalId{Uuid{}};
    CHECK(core.keep_note(of_another).error().code == Errc::not_trusted);
    auto of_another_chain = note_of(core, "first store.....", 1);
    of_another_chain.note.hash[0] ^= 1;
    CHECK(core.keep_note(of_another_chain).error().code == Errc::not_trusted);
    auto beyond = note_of(core, "first store.....", 1);
    beyond.note.last = Seq{2};
    CHECK_FALSE(core.keep_note(beyond));
    CHECK(core.notes().empty());
}
