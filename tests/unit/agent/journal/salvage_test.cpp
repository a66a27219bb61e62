#include "agent/journal/salvage.hpp"
#include "agent/journal/witness.hpp"
#include "agent/store/database.hpp"
#include "fixture.hpp"

#include <fstream>
#include <random>
#include <set>

using namespace till;

namespace fs = std::filesystem;
namespace v1 = tillstream::v1;

namespace {

constexpr std::size_t page = 4096;

/// A till whose journal is hurt while it does not run.
struct HurtTill : TestJournal {
    HurtTill() { options.witness = true; }

    void fill(std::size_t events, std::size_t acknowledged = 0) {
        JournalCore core = create();
        for (std::size_t i = 1; i <= events; ++i) {
            Draft draft = some_draft("k" + std::to_string(i));
            draft.body += Bytes("\x22\x10") + Bytes(16, static_cast<char>(i));  // A trace id.
            if (i % 7 == 0) draft.sealed = Bytes(5000, 's');  // Overflows its page.
            append(core, draft);
        }
        if (acknowledged > 0) REQUIRE(core.acknowledge({Seq{acknowledged}, "epoch"}));
        head = core.head();
        REQUIRE(core.secure());
    }
    void write(std::uint64_t offset, const std::string& bytes, const char* part = "") const {
        std::fstream file{options.file.string() + part,
                          std::ios::in | std::ios::out | std::ios::binary};
        file.seekp(static_cast<std::streamoff>(offset));
        file << bytes;
    }
    void flip(std::uint64_t offset, int bit, const char* part = "") const {
        std::fstream file{options.file.string() + part,
                          std::ios::in | std::ios::out | std::ios::binary};
        file.seekg(static_cast<std::streamoff>(offset));
        const int byte = file.get();
        file.seekp(static_cast<std::streamoff>(offset));
        file.put(static_cast<char>(byte ^ (1 << bit)));
    }
    SalvageOrder order() const {
        return {.damaged = options.file,
                .into = scratch.path / "salvaged.db",
                .identity = some_identity(),
                .witnessed = Witness::seen(options.file).value_or(Seq{0}),
                .cause = "a test",
                .kept_as = "damaged-1.db"};
    }
    v1::JournalDamaged salvage() const {
        auto report = salvage_journal(order());
        if (!report) FAIL(report.error().detail);
        return *report;
    }
    /// The sequences that any reader can still get out of the damaged file, one by one.
    std::set<std::uint64_t> readable() const {
        std::set<std::uint64_t> found;
        auto database = Database::open({.file = options.file, .mode = Database::Mode::read_only});
        if (!database) return found;
        auto select = database->prepare(
            "SELECT body, sealed, hash FROM event WHERE seq = ? AND length(boot) = 16"
            " AND length(hash) = 32 AND length(key) = 16 AND typeof(version) = 'integer'"
            " AND typeof(kind) = 'integer' AND typeof(wall) = 'integer'"
            " AND typeof(since_boot) = 'integer' AND typeof(boot) = 'blob'"
            " AND typeof(hash) = 'blob' AND typeof(key) = 'blob' AND typeof(request) = 'blob'"
            " AND typeof(transaction_number) IN ('integer', 'null')"
            " AND typeof(receipt_counter) IN ('integer', 'null') AND erased_sealed IS NULL"
            " AND typeof(sealed) IN ('blob', 'null') AND typeof(body) = 'blob'");
        if (!select) return found;
        for (std::uint64_t seq = 1; seq <= head.seq.value(); ++seq) {
            bool there = false;
            const auto touch = [&](const Row& row) {
                there = row.bytes(0).size() + row.bytes(1).size() > 0;
            };
            if (select->each(touch, seq) && there) found.insert(seq);
        }
        return found;
    }
    std::set<std::uint64_t> salvaged() const {
        std::set<std::uint64_t> found;
        auto reader = JournalReader::open(order().into);
        if (!reader) FAIL(reader.error().detail);
        REQUIRE(reader->scan(Seq{0}, [&](const sync::Envelope& e, const Digest&) {
            return found.insert(e.seq.value()).second;
        }));
        const auto loose = [&](const sync::Envelope& e, const Digest&, bool) -> Result<void> {
            found.insert(e.seq.value());
            return {};
        };
        REQUIRE(reader->scan_loose(Seq{0}, loose));
        return found;
    }

    Head head;
};

std::set<std::uint64_t> seqs(const google::protobuf::RepeatedPtrField<v1::SeqRange>& ranges) {
    std::set<std::uint64_t> all;
    for (const auto& range : ranges)
        for (auto seq = range.first(); seq <= range.last(); ++seq) all.insert(seq);
    return all;
}

}  // namespace

TEST_CASE_METHOD(HurtTill, "salvage: what lies behind a lost page is kept, and what is lost named",
                 "[journal]") {
    fill(200);
    write(21 * page, std::string(page, '\0'));
    const auto before = readable();
    REQUIRE(before.size() < 200);
    const auto report = salvage();
    CHECK(salvaged() == before);
    std::set<std::uint64_t> all = seqs(report.lost());
    all.insert(before.begin(), before.end());
    CHECK(all.size() == 200);
    CHECK(report.head() == 200);
    CHECK(report.chained() + 1 == report.lost(0).first());

    JournalCore::Options healed{.file = order().into};
    auto core = JournalCore::open(healed, clock);
    REQUIRE(core);
    CHECK(core->head().seq == Seq{report.chained()});
    for (const std::uint64_t seq : before) {
        const auto known = core->find("pos-1", "k" + std::to_string(seq));
        REQUIRE(known->has_value());
        CHECK((*known)->seq == Seq{seq});
        v1::Event event;
        REQUIRE(event.ParseFromString(core->event(**known)->body));
        CHECK(event.retail_transaction().order_id() == "k" + std::to_string(seq));
    }
}

TEST_CASE_METHOD(HurtTill, "salvage: a lost first page costs nothing", "[journal]") {
    fill(300, 100);
    SECTION("zeros") { write(0, std::string(page, '\0')); }
    SECTION("noise") { write(0, std::string(page, '\xA7')); }
    SECTION("a table's name") { write(2000, std::string(500, '?')); }
    REQUIRE(readable().empty());
    const auto report = salvage();
    CHECK(salvaged().size() == 300);
    CHECK(report.chained() == 300);
    CHECK(report.acknowledged() == 100);
    CHECK(report.lost().empty());
    auto core = JournalCore::open({.file = order().into}, clock);
    REQUIRE(core);
    CHECK(core->head().hash == head.hash);
}

TEST_CASE_METHOD(HurtTill, "salvage: the page that leads to all events may be lost, and none is",
                 "[journal]") {
    fill(300);
    std::uint64_t root = 0;
    {
        auto database = Database::open({.file = options.file, .mode = Database::Mode::read_only});
        auto find = database->prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'event'");
        REQUIRE(find->each([&](const Row& row) { root = row.unsigned_integer(0); }));
    }
    write((root - 1) * page, std::string(page, '\0'));
    REQUIRE(readable().empty());
    SECTION("alone") {}
    SECTION("with the first page") { write(0, std::string(page, '\0')); }
    const auto report = salvage();
    CHECK(salvaged().size() == 300);
    CHECK(report.chained() == 300);
    CHECK(report.lost().empty());
}

TEST_CASE_METHOD(HurtTill, "salvage: what lies in the WAL only is found without a tree, too",
                 "[journal]") {
    fill(50);
    {
        JournalCore core = open();
        for (int i = 0; i < 30; ++i) append(core, some_draft("more" + std::to_string(i)));
        for (const char* part : {"", "-wal", ".head"})
            fs::copy_file(options.file.string() + part,
                          (scratch.path / "crashed.db").string() + part);
    }
    options.file = scratch.path / "crashed.db";
    // The WAL's own beginning is lost: SQLite takes it for an empty one.
    write(0, std::string(32, '\0'), "-wal");
    const auto report = salvage();
    CHECK(salvaged().size() == 80);
    CHECK(report.chained() == 80);
    CHECK(report.lost().empty());
}

TEST_CASE_METHOD(HurtTill, "salvage: a hole that the centre has already costs nothing",
                 "[journal]") {
    fill(200, 150);
    write(21 * page, std::string(page, '\0'));
    const auto before = readable();
    REQUIRE(before.size() < 200);
    REQUIRE(before.contains(150));
    const auto report = salvage();
    CHECK(report.chained() == 200);
    CHECK(report.lost().empty());
    CHECK(report.salvaged().empty());
    auto core = JournalCore::open({.file = order().into}, clock);
    REQUIRE(core);
    CHECK(core->head().hash == head.hash);
    CHECK(core->read(Seq{150}, 1'000'000, 1000)->size() == 50);
}

TEST_CASE_METHOD(HurtTill,
                 "salvage: a changed byte is found on reading, and not handed on as proved",
                 "[journal]") {
    fill(50);
    {
        auto database = Database::open({.file = options.file});
        REQUIRE(
            database->execute("UPDATE event SET body = CAST(body || 'x' AS BLOB) WHERE seq = 20"));
    }
    {
        JournalCore core = open();  // Opening looks at the head only.
        CHECK(core.read(Seq{0}, 1'000'000, 1000)->size() == 19);
        CHECK(core.read(Seq{19}, 1'000'000, 1000).error().code == Errc::corrupt);
    }
    const auto report = salvage();
    CHECK(report.chained() == 19);
    auto reader = JournalReader::open(order().into);
    std::map<std::uint64_t, bool> proved;
    const auto note = [&](const sync::Envelope& e, const Digest&, bool is) -> Result<void> {
        proved[e.seq.value()] = is;
        return {};
    };
    REQUIRE(reader->scan_loose(Seq{0}, note));
    CHECK(proved.size() == 31);
    CHECK_FALSE(proved[20]);
    CHECK(proved[21]);  // It follows from the hash that 20 had.
}

TEST_CASE_METHOD(HurtTill, "journal: a WAL that lost its end is not taken for a shorter journal",
                 "[journal]") {
    fill(10);
    {
        JournalCore core = open();
        for (int i = 0; i < 5; ++i) append(core, some_draft("more" + std::to_string(i)));
        // As after a crash: what the WAL holds has not been copied back.
        for (const char* part : {"", "-wal", ".head"})
            fs::copy_file(options.file.string() + part,
                          (scratch.path / "crashed.db").string() + part);
    }
    options.file = scratch.path / "crashed.db";
    const auto size = fs::file_size(options.file.string() + "-wal");
    SECTION("whole") { CHECK(open().head().seq == Seq{15}); }
    SECTION("changed") {
        // The file is longer than what is in it: the first frames are sure to count.
        flip(32 + 24 + 100, 3, "-wal");
        const auto opened = JournalCore::open(options, clock);
        REQUIRE_FALSE(opened);
        CHECK(opened.error().code == Errc::corrupt);
        CHECK_THAT(opened.error().detail, Catch::Contains("event 15 was answered"));
    }
    SECTION("cut off") {
        fs::resize_file(options.file.string() + "-wal", std::min<std::uintmax_t>(size, 4000));
        CHECK(JournalCore::open(options, clock).error().code == Errc::corrupt);
    }
}

TEST_CASE_METHOD(
    HurtTill,
    "salvage: whatever is hurt, all that can be read is kept and all that cannot is named",
    "[journal]") {
    fill(300);
    const auto original = scratch.path / "original.db";
    fs::copy_file(options.file, original);
    const auto size = fs::file_size(original);
    std::mt19937_64 random{Catch::rngSeed()};
    for (int round = 0; round < 60; ++round) {
        CAPTURE(round, Catch::rngSeed());
        for (const char* part : {"-wal", "-shm"}) fs::remove(options.file.string() + part);
        for (const char* part : {"", "-wal", "-shm"}) fs::remove(order().into.string() + part);
        fs::copy_file(original, options.file, fs::copy_options::overwrite_existing);
        const auto at = random() % size;
        switch (random() % 4) {
            case 0:
                flip(at, static_cast<int>(random() % 8));
                break;
            case 1:
                write(at / page * page, std::string(page, '\0'));
                break;
            case 2:
                write(at, std::string(64, static_cast<char>(random())));
                break;
            default:
                fs::resize_file(options.file, at);
                break;
        }
        const auto before = readable();
        const auto report = salvage();
        const auto after = salvaged();
        CHECK(std::ranges::includes(after, before));
        // Nothing that was answered is neither kept nor named.
        auto accounted = seqs(report.lost());
        accounted.insert(after.begin(), after.end());
        for (std::uint64_t seq = 1; seq <= 300; ++seq) CHECK(accounted.contains(seq));
        CHECK(seqs(report.lost()).size() <= 300 - before.size());
        auto healed = JournalCore::open({.file = order().into}, clock);
        REQUIRE(healed);
        CHECK(healed->read(Seq{0}, 1'000'000, 10).has_value());
    }
}
