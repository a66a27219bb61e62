#include "agent/tillctl/rescue_file.hpp"

#include "tests/support/envelopes.hpp"
#include "tests/support/scratch.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

using namespace till;

namespace fs = std::filesystem;

namespace {

sync::UplinkSession::Options said_of(const sync::FakeJournal& journal) {
    sync::UplinkSession::Options said;
    said.journal = journal.journal;
    said.device = journal.device;
    said.generation = Generation{3};
    said.store = "12";
    said.workstation = "3";
    said.agent_version = "1.2.3";
    said.head = journal.mark();
    said.acknowledged = Seq{2};
    said.store_epoch = Bytes(16, 'e');
    return said;
}

/// Journals of several batches each, written from the third record on.
struct Fixture {
    Scratch scratch;
    fs::path file = scratch.path / "till.rescue";
    sync::SeededRandom random{7};
    std::vector<sync::FakeJournal> journals{2, sync::FakeJournal{random}};

    Fixture() {
        auto writer = RescueWriter::create(file);
        REQUIRE(writer);
        for (auto& journal : journals) {
            journal.journal = JournalId{random.uuid()};
            for (int i = 0; i < 9; ++i)
                journal.add(200 + static_cast<std::uint32_t>(i), Bytes(40, 'b'),
                            i % 2 == 0 ? Bytes(50, 's') : Bytes{});
            REQUIRE(writer->begin(said_of(journal), journal.mark_at(2)));
            for (std::size_t from = 2; from < 9; from += 3) {
                const auto run = journal.append(from, std::min<std::size_t>(9, from + 3));
                REQUIRE(writer->add(run.envelopes));
            }
        }
        CHECK_FALSE(fs::exists(file));
        REQUIRE(writer->finish());
    }

    Bytes bytes() const {
        std::ifstream in{file, std::ios::binary};
        return Bytes{std::istreambuf_iterator<char>{in}, {}};
    }
    Result<RescueFile> open_changed(const Bytes& content) {
        const auto changed = scratch.path / "changed";
        std::ofstream{changed, std::ios::binary} << content;
        return RescueFile::open(changed);
    }
};

}  // namespace

TEST_CASE("tillctl: a rescue file gives back every record and hash that was written", "[rescue]") {
    Fixture made;
    auto file = RescueFile::open(made.file);
    REQUIRE(file);
    REQUIRE(file->journals().size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        const auto& journal = made.journals[i];
        const auto& said = file->journals()[i].hello;
        CHECK(said.journal == journal.journal);
        CHECK(said.device == journal.device);
        CHECK(said.head.hash == journal.mark().hash);
        CHECK(said.acknowledged == Seq{2});
        CHECK(said.store_epoch == Bytes(16, 'e'));
        CHECK(file->journals()[i].before.seq == Seq{2});
        for (std::size_t seq = 2; seq <= 9; ++seq) {
            const auto hash = file->hash_at(i, Seq{seq});
            REQUIRE(hash);
            CHECK(*hash == journal.mark_at(seq).hash);
        }
        for (std::size_t from = 2; from < 9; ++from) {
            const auto records = file->read(i, Seq{from});
            REQUIRE(records);
            REQUIRE_FALSE(records->empty());
            for (const auto& record : *records)
                CHECK(record == journal.envelopes[record.seq.value() - 1]);
            CHECK(records->front().seq == Seq{from + 1});
        }
    }
}

TEST_CASE("tillctl: a rescue file says so when asked for what it does not have", "[rescue]") {
    Fixture made;
    auto file = RescueFile::open(made.file);
    REQUIRE(file);
    const auto early = file->read(0, Seq{1});
    REQUIRE_FALSE(early);
    CHECK(early.error().code == Errc::not_found);
    CHECK(early.error().detail.contains("records 3 to 9"));
    CHECK_FALSE(file->hash_at(0, Seq{0}));
    CHECK_FALSE(file->read(0, Seq{9}));
}

TEST_CASE("tillctl: any byte changed and any end cut off is found in a rescue file", "[rescue]") {
    Fixture made;
    const Bytes whole = made.bytes();
    REQUIRE(made.open_changed(whole));
    for (std::size_t at = 0; at < whole.size(); ++at) {
        Bytes changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ 0x10);
        const auto opened = made.open_changed(changed);
        CAPTURE(at);
        REQUIRE_FALSE(opened);
        CHECK((opened.error().code == Errc::malformed || opened.error().code == Errc::unsupported));
        CHECK_FALSE(made.open_changed(whole.substr(0, at)));
    }
}

TEST_CASE(
    "tillctl: a rescue writer refuses records that do not follow, and leaves nothing half done",
    "[rescue]") {
    Fixture made;
    CHECK(RescueWriter::create(made.file).error().code == Errc::conflict);
    const auto other = made.scratch.path / "other";
    {
        auto writer = RescueWriter::create(other);
        REQUIRE(writer);
        const auto& journal = made.journals[0];
        REQUIRE(writer->begin(said_of(journal), journal.mark_at(2)));
        const auto run = journal.append(4, 6);
        CHECK(writer->add(run.envelopes).error().code == Errc::malformed);
    }
    CHECK_FALSE(fs::exists(other));
    CHECK_FALSE(fs::exists(other.string() + ".new"));
}
