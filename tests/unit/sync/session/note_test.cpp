#include "agent/core/limits.hpp"
#include "tests/unit/sync/session/ends.hpp"

using namespace till;
using namespace till::sync;
using namespace till::sync::test;
using Gate = GatewaySession;

namespace {

const auto signer = std::make_shared<const NoteSigner>(make_signing_key_pair(), "vouched for");
constexpr std::uint64_t interval_ms = std::chrono::milliseconds{limits::note_interval}.count();

Gate signing() {
    return Gate{{.peer = device, .store_epoch = epoch, .accepted = at(0), .notes = signer}};
}

/// A session that signs, open at `mark`, and the welcome it gave.
std::pair<Gate, v1::Welcome> opened(const Mark& mark, const v1::Frame& hello) {
    Gate session = signing();
    REQUIRE(first<Gate::Bind>(session.on(frame(hello))));
    const auto welcome = sent(session.on(Gate::Bound{row(mark), at(12)}), v1::Frame::kWelcome);
    REQUIRE(welcome);
    return {std::move(session), welcome->welcome()};
}

std::optional<Note> note_in(const Gate::Actions& actions) {
    const auto said = sent(actions, v1::Frame::kNote);
    if (!said) return std::nullopt;
    auto note = note_of(said->note());
    REQUIRE(note);
    CHECK(verify_note(*note, signer->key()));
    return *std::move(note);
}

v1::Frame note_frame(Note note) {
    v1::Frame made;
    made.set_stream(1);
    put(*made.mutable_note(), signer->sign(std::move(note)));
    return made;
}

Note about(const Mark& mark) {
    return {.store_epoch = epoch,
            .journal = journal,
            .last = mark.seq,
            .hash = mark.hash,
            .key_id = {},
            .signature = {}};
}

}  // namespace

TEST_CASE("gateway: signs what is committed, after the commit and never before", "[session]") {
    auto [session, welcome] = opened(start(), hello_frame());
    CHECK(*note_key_of(welcome.note_key()) == signer->key());
    const Mark one = after(start(), record(1));
    CHECK_FALSE(note_in(session.on(frame(batch_frame(start(), record(1))))));
    const auto note = note_in(session.on(Gate::Committed{Appended{true, one}, at(20)}));
    REQUIRE(note);
    CHECK(note->last == Seq{1});
    CHECK(note->hash == one.hash);
    CHECK(note->store_epoch == epoch);
    CHECK(note->time == WallTime{20});
}

TEST_CASE("gateway: commits in a row share one note, which comes when its time has come",
          "[session]") {
    auto [session, welcome] = opened(start(), hello_frame());
    Mark mark = start();
    std::size_t notes = 0;
    for (std::uint64_t seq = 1; seq <= 50; ++seq) {
        static_cast<void>(session.on(frame(batch_frame(mark, record(seq)), 20 + seq)));
        mark = after(mark, record(seq));
        notes += note_in(session.on(Gate::Committed{Appended{true, mark}, at(20 + seq)})) ? 1 : 0;
    }
    CHECK(notes == 1);
    CHECK_FALSE(note_in(session.on(Tick{at(interval_ms)})));
    const auto last = note_in(session.on(Tick{at(interval_ms + 100)}));
    REQUIRE(last);
    CHECK(last->last == Seq{50});
    CHECK_FALSE(note_in(session.on(Tick{at(3 * interval_ms)})));
}

TEST_CASE("gateway: a device that came without its note is given it, and one that has it is not",
          "[session]") {
    const Mark mark = after(start(), record(1));
    auto [session, welcome] = opened(mark, hello_frame());
    CHECK(note_in(session.on(Tick{at(20)})));
    v1::Frame hello = hello_frame();
    hello.mutable_hello()->set_store_epoch(epoch);
    hello.mutable_hello()->set_noted(1);
    hello.mutable_hello()->set_note_key_id(note_key_id(signer->key().public_key));
    auto [again, short_welcome] = opened(mark, hello);
    CHECK_FALSE(short_welcome.has_note_key());
    CHECK_FALSE(note_in(again.on(Tick{at(20)})));
    hello.mutable_hello()->set_store_epoch("another store...");
    auto [restored, any] = opened(mark, hello);
    CHECK(note_in(restored.on(Tick{at(20)})));
}

TEST_CASE("uplink: a note of this journal, store and mark is handed on; any other is passed over",
          "[session]") {
    const Mark one = after(start(), record(1));
    v1::Frame welcome = welcome_frame(one);
    put(*welcome.mutable_welcome()->mutable_note_key(), signer->key());
    UplinkSession session{uplink_options(one)};
    static_cast<void>(session.on(UplinkSession::Connected{at(1)}));
    CHECK_FALSE(sent(session.on(frame(welcome)), v1::Frame::kBye));
    const auto noted = first<UplinkSession::Noted>(session.on(frame(note_frame(about(one)))));
    REQUIRE(noted);
    CHECK(noted->kept.note.hash == one.hash);
    CHECK(noted->kept.key == signer->key());
    std::vector<Note> others(3, about(one));
    others[0].journal = JournalId{device.value()};
    others[1].store_epoch = "another store...";
    others[2].last = Seq{2};
    for (const Note& other : others) CHECK(session.on(frame(note_frame(other))).empty());
}

TEST_CASE("uplink: says which note and key it has, and lives with a centre that signs nothing",
          "[session]") {
    const Mark one = after(start(), record(1));
    auto options = uplink_options(one);
    options.noted = Seq{1};
    options.note_key = signer->key();
    UplinkSession session{options};
    const auto hello = sent(session.on(UplinkSession::Connected{at(1)}), v1::Frame::kHello);
    REQUIRE(hello);
    CHECK(hello->hello().noted() == 1);
    CHECK(hello->hello().note_key_id() == note_key_id(signer->key().public_key));
    CHECK(first<UplinkSession::Welcomed>(session.on(frame(welcome_frame(one)))));
    CHECK(session.is_up());
}
