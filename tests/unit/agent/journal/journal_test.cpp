#include "agent/journal/journal.hpp"
#include "agent/core/limits.hpp"
#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"
#include "fixture.hpp"
#include "tests/support/sim_disk.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

using namespace till;
using namespace std::chrono_literals;

namespace {

struct Loop {
    TestJournal test;
    asio::io_context context;
    std::vector<Result<Stored>> results;

    std::unique_ptr<Journal> journal() {
        JournalCore core = std::filesystem::exists(test.options.file) ? test.open() : test.create();
        return std::make_unique<Journal>(context.get_executor(), std::move(core), test.options,
                                         test.clock);
    }
    void start(asio::awaitable<void> work) {
        asio::co_spawn(context, std::move(work), [](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
        });
    }
    void run() {
        context.restart();
        context.run_for(20s);
    }
    asio::awaitable<void> capture(Journal& journal, std::string key, int times = 1) {
        for (int i = 0; i < times; ++i) {
            Draft draft = some_draft(key + "/" + std::to_string(i));
            draft.state_after = draft.key;
            auto result = co_await journal.append(std::move(draft));
            results.push_back(std::move(result));
        }
    }
};

asio::awaitable<void> await_head(Journal& journal, Seq seq, std::vector<Seq>& seen) {
    const auto waited = co_await journal.wait_beyond(seq);
    if (waited) seen.push_back(journal.head().seq);
}

asio::awaitable<void> read_and_acknowledge(Journal& journal, std::vector<std::string>& said) {
    const auto events = co_await journal.read(Seq{0}, 1'000'000, 10);
    said.push_back("read " + std::to_string(events->size()));
    const auto hash = co_await journal.hash_at(Seq{2});
    said.push_back(*hash == journal.head().hash ? "head" : "other");
    const auto beyond = co_await journal.hash_at(Seq{3});
    said.emplace_back(name(beyond.error().code));
    JournalCore::Acknowledged mark{Seq{2}, "epoch"};
    const auto written = co_await journal.acknowledge(std::move(mark));
    said.push_back(written && journal.acknowledged().seq == Seq{2} ? "acknowledged" : "not");
}

asio::awaitable<void> look_for(Journal& journal, std::string key,
                               std::vector<Result<std::optional<Stored>>>& found) {
    std::string caller = "pos-1";
    auto answer = co_await journal.find(std::move(caller), std::move(key));
    found.push_back(std::move(answer));
}

asio::awaitable<void> wait_in_vain(Journal& journal, std::vector<Errc>& seen) {
    const auto waited = co_await with_deadline(10ms, journal.wait_beyond(Seq{5}));
    seen.push_back(waited.error().code);
}

}  // namespace

TEST_CASE("journal: captures that wait together are all stored, each with its number",
          "[journal]") {
    Loop loop;
    const auto journal = loop.journal();
    constexpr int clients = 64, each = 50;
    for (int i = 0; i < clients; ++i) loop.start(loop.capture(*journal, std::to_string(i), each));
    loop.run();
    REQUIRE(loop.results.size() == clients * each);
    std::set<std::string> receipts;
    for (const auto& result : loop.results) receipts.insert(result.value().receipt_number);
    CHECK(receipts.size() == clients * each);
    CHECK(journal->head().seq == Seq{clients * each});
    CHECK_FALSE(journal->state().empty());
    CHECK(journal->waiting() == 0);
    CHECK(loop.test.verify().starts_with("1 to 3200, no holes"));
}

TEST_CASE("journal: what was handed over is stored though the journal is destroyed at once",
          "[journal]") {
    Loop loop;
    auto journal = loop.journal();
    loop.start(loop.capture(*journal, "a"));
    loop.start(loop.capture(*journal, "b"));
    while (journal->waiting() < 2) loop.context.poll_one();
    journal.reset();
    loop.run();
    REQUIRE(loop.results.size() == 2);
    CHECK(loop.results[1]->seq == Seq{2});
    CHECK(loop.test.open().head().seq == Seq{2});
}

TEST_CASE("journal: who waits for the head wakes when it moves, not before", "[journal]") {
    Loop loop;
    const auto journal = loop.journal();
    std::vector<Seq> seen;
    loop.start(await_head(*journal, Seq{0}, seen));
    loop.start(await_head(*journal, Seq{2}, seen));
    loop.context.poll();
    CHECK(seen.empty());
    loop.start(loop.capture(*journal, "a", 3));
    loop.run();
    CHECK(seen == std::vector{Seq{1}, Seq{3}});
}

TEST_CASE("journal: waiting for the head can be given up, and ends with the journal", "[journal]") {
    Loop loop;
    auto journal = loop.journal();
    std::vector<Errc> codes;
    loop.start(wait_in_vain(*journal, codes));
    loop.run();
    CHECK(codes == std::vector{Errc::timed_out});
    std::vector<Seq> seen;
    loop.start(await_head(*journal, Seq{0}, seen));
    loop.context.restart();
    loop.context.poll();
    journal.reset();
    loop.run();
    CHECK(loop.context.stopped());
    CHECK(seen.empty());
}

TEST_CASE("journal: reads and the acknowledged mark go through the disk thread", "[journal]") {
    Loop loop;
    const auto journal = loop.journal();
    loop.start(loop.capture(*journal, "a", 2));
    loop.run();
    std::vector<std::string> said;
    loop.start(read_and_acknowledge(*journal, said));
    loop.run();
    CHECK(said == std::vector<std::string>{"read 2", "head", "not_found", "acknowledged"});
}

TEST_CASE("journal: a key is looked for behind every capture handed over before, however many",
          "[journal]") {
    Loop loop;
    const auto journal = loop.journal();
    constexpr int count = 1000;  // Several commits.
    std::vector<Result<std::optional<Stored>>> found;
    for (int i = 0; i < count; ++i) loop.start(loop.capture(*journal, std::to_string(i)));
    loop.start(look_for(*journal, std::to_string(count - 1) + "/0", found));
    loop.run();
    REQUIRE(found.size() == 1);
    CHECK(found.front()->has_value());
}

TEST_CASE("journal: after a failed commit nothing is a replay before it is made durable",
          "[journal]") {
    set_log_level(LogLevel::off);
    SimDisk disk{"faulty"};
    Loop loop;
    loop.test.options.vfs = disk.name();
    const auto journal = loop.journal();
    int replays = 0;
    for (std::uint64_t nth = 1; nth <= 8; ++nth) {
        CAPTURE(nth);
        disk.arm({.nth = nth, .for_ever = true});  // The look-up fails as well.
        loop.start(loop.capture(*journal, std::to_string(nth)));
        loop.run();
        disk.disarm();
        if (loop.results.back()) continue;
        loop.start(loop.capture(*journal, std::to_string(nth)));
        loop.run();
        REQUIRE(loop.results.back());
        if (!loop.results.back()->replayed) continue;
        ++replays;
        CHECK(disk.contents(loop.test.options.file.string() + "-wal").empty());
    }
    set_log_level(LogLevel::info);
    CHECK(replays > 0);
}

TEST_CASE("journal: more captures than may wait are told that it is busy", "[journal]") {
    Loop loop;
    const auto journal = loop.journal();
    const std::size_t count = limits::waiting_captures_max + 10;
    for (std::size_t i = 0; i < count; ++i) loop.start(loop.capture(*journal, std::to_string(i)));
    loop.run();
    const auto busy = [](const auto& result) {
        return !result && result.error().code == Errc::busy;
    };
    CHECK(std::count_if(loop.results.begin(), loop.results.end(), busy) == 10);
    CHECK(journal->head().seq == Seq{limits::waiting_captures_max});
}

TEST_CASE("journal: after a failed commit it opens itself again and says what became of each",
          "[journal]") {
    set_log_level(LogLevel::off);
    SimDisk disk{"faulty"};
    Loop loop;
    loop.test.options.vfs = disk.name();
    const auto journal = loop.journal();
    loop.start(loop.capture(*journal, "first"));  // What was there before is durable from here on.
    loop.run();
    for (std::uint64_t nth = 1; nth <= 8; ++nth) {
        CAPTURE(nth);
        disk.arm({.nth = nth, .fault = SimDisk::Fault::full});
        loop.start(loop.capture(*journal, std::to_string(nth), 2));
        loop.run();
        disk.disarm();
        for (int i = 0; i < 2; ++i) {
            const std::string key = std::to_string(nth) + "/" + std::to_string(i);
            const auto& result =
                loop.results[loop.results.size() - 2 + static_cast<std::size_t>(i)];
            if (!result) CHECK(result.error().code == Errc::disk_full);
            loop.start(loop.capture(*journal, key));
        }
        loop.run();
    }
    set_log_level(LogLevel::info);
    CHECK(loop.test.verify().starts_with("1 to " + std::to_string(journal->head().seq.value())
                                         + ", no holes"));
}

TEST_CASE("journal: a disk that stays broken leaves outcomes unknown, and recovers", "[journal]") {
    set_log_level(LogLevel::off);
    SimDisk disk{"faulty"};
    Loop loop;
    loop.test.options.vfs = disk.name();
    const auto journal = loop.journal();
    disk.arm({.for_ever = true});
    loop.start(loop.capture(*journal, "a", 2));
    loop.run();
    disk.disarm();
    for (const auto& result : loop.results) CHECK_FALSE(result);
    loop.start(loop.capture(*journal, "a", 2));
    loop.run();
    set_log_level(LogLevel::info);
    CHECK(loop.results.at(3)->seq == Seq{2});
    CHECK(loop.test.verify().starts_with("1 to 2, no holes"));
}
