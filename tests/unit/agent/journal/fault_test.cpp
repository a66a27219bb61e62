#include "fixture.hpp"
#include "tests/support/sim_disk.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <random>

using namespace till;

TEST_CASE("journal: a write that fails anywhere loses nothing that was acknowledged", "[journal]") {
    const auto fault = GENERATE(SimDisk::Fault::io, SimDisk::Fault::full);
    const bool for_ever = GENERATE(false, true);
    SimDisk disk{"faulty"};
    TestJournal test;
    test.options.vfs = disk.name();
    JournalCore core = test.create();
    std::uint64_t acknowledged = 0;
    bool happened = true;
    for (int nth = 1; happened; ++nth) {
        CAPTURE(nth);
        const std::vector drafts{some_draft("a" + std::to_string(nth)),
                                 some_draft("b" + std::to_string(nth))};
        disk.arm({.nth = static_cast<std::uint64_t>(nth), .fault = fault, .for_ever = for_ever});
        const auto results = core.append(drafts);
        happened = disk.disarm();
        if (happened && !results) {
            CHECK(core.append(drafts).error().code == Errc::io);
            core = test.open();
            const bool a = core.find("pos-1", drafts[0].key)->has_value();
            CHECK(a == core.find("pos-1", drafts[1].key)->has_value());
            REQUIRE(core.secure());
            REQUIRE(core.append(drafts));
        }
        acknowledged += 2;
        CHECK(core.head().seq == Seq{acknowledged});
    }
    CHECK(acknowledged > 4);
    CHECK(test.verify().starts_with("1 to " + std::to_string(acknowledged) + ", no holes"));
}

namespace {

// Appends until it is killed; writes each sequence down the pipe once it is acknowledged.
[[noreturn]] void append_for_ever(const JournalCore::Options& options, int pipe, int round) {
    CountingClock clock;
    auto core = JournalCore::open(options, clock);
    if (!core) ::_exit(1);
    for (int i = 0;; ++i) {
        const std::string key = std::to_string(round) + "/" + std::to_string(i);
        const std::vector drafts{some_draft(key), some_draft(key + "b")};
        const auto results = core->append(drafts);
        if (!results || !results->at(1)) ::_exit(2);
        const std::uint64_t seq = results->at(1)->seq.value();
        if (::write(pipe, &seq, sizeof seq) != sizeof seq) ::_exit(3);
        if (i % 50 == 49 && !core->maintain()) ::_exit(4);
    }
}

}  // namespace

TEST_CASE("journal: everything acknowledged is there after SIGKILL", "[journal][crash]") {
    TestJournal test;
    test.create();
    std::mt19937 random{42};
    std::uint64_t last = 0;
    for (int round = 0; round < 8; ++round) {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        const pid_t child = ::fork();
        if (child == 0) append_for_ever(test.options, ends[1], round);
        ::close(ends[1]);
        const auto kill_after = random() % 200 + 1;
        for (std::size_t i = 0; i < kill_after; ++i)
            REQUIRE(::read(ends[0], &last, sizeof last) == sizeof last);
        ::kill(child, SIGKILL);
        while (::read(ends[0], &last, sizeof last) == sizeof last) continue;
        ::close(ends[0]);
        int status = 0;
        ::waitpid(child, &status, 0);
        CHECK(WIFSIGNALED(status));
        const std::uint64_t head = test.open().head().seq.value();
        CHECK(head >= last);
        CHECK(head <= last + 2);  // The batch whose acknowledgement did not get out.
        CHECK(head % 2 == 0);
    }
    CHECK(test.verify().find("no holes, one chain") != std::string::npos);
}
