// bench_journal [folder]: the journal alone, beside bare SQLite on the same disk, as JSON lines.
// Rounds alternate (floor, ours, floor, ours, …) because a disk's speed drifts; the medians over all
// rounds are compared, and only ratios mean anything.

#include "agent/journal/journal.hpp"
#include "agent/journal/salvage.hpp"
#include "agent/runtime/system_clock.hpp"
#include "tests/bench/kit/figures.hpp"
#include "tests/bench/kit/floor.hpp"
#include "tests/support/scratch.hpp"
#include "tests/support/workload.hpp"

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <unistd.h>

#include <fstream>
#include <stdexcept>

using namespace till;
using namespace till::bench;

namespace {

constexpr std::size_t rounds = 9, singles = 500, batched = 64 * 150, clients = 64;
constexpr std::uint64_t long_journal = 1'000'000, salvaged = 100'000;

Draft draft_of(const Bytes& body) {
    static std::uint64_t count = 0;
    return {.kind = sync::Kind{100},
            .body = body,
            .sealed = {},
            .caller = "pos-1",
            .key = fmt::format("{:032x}", ++count * 0x9e3779b97f4a7c15),
            .request_hash = Bytes(16, 'r'),
            .numbering = Numbering::receipt,
            .state_after = {}};
}

/// The journal on a loop of its own, driven by one or many tills that each wait for every answer.
struct Ours {
    Ours(const JournalCore::Options& options, Clock& clock, JournalCore core)
        : journal{loop.get_executor(), std::move(core), options, clock} {}

    asio::awaitable<void> till(std::span<const Bytes> bodies, std::vector<double>& times) {
        for (const Bytes& body : bodies) {
            Draft draft = draft_of(body);
            const auto start = Steady::now();
            const auto stored = co_await journal.append(std::move(draft));
            times.push_back(since(start));
            if (!stored) throw std::runtime_error{stored.error().detail};
        }
    }
    std::vector<double> run(std::span<const Bytes> bodies, std::size_t tills) {
        std::vector<double> times;
        const auto rethrow = [](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
        };
        const std::size_t each = bodies.size() / tills;
        for (std::size_t i = 0; i < tills; ++i)
            asio::co_spawn(loop, till(bodies.subspan(i * each, each), times), rethrow);
        loop.restart();
        loop.run();
        return times;
    }

    asio::io_context loop;
    Journal journal;
};

void bench_singles(Floor& floor, Ours& ours, std::span<const Bytes> bodies) {
    Pair pair;
    for (std::size_t round = 0; round < rounds; ++round) {
        append(pair.floor, floor.insert(bodies.first(singles), 1));
        append(pair.ours, ours.run(bodies.first(singles), 1));
    }
    pair.figures("journal: append, one till, p50", "us", 0.5);
    pair.figures("journal: append, one till, p99", "us", 0.99);
}

void bench_batches(Floor& floor, Ours& ours, std::span<const Bytes> bodies) {
    Pair pair;
    for (std::size_t round = 0; round < rounds; ++round) {
        auto start = Steady::now();
        static_cast<void>(floor.insert(bodies, clients));
        pair.floor.push_back(static_cast<double>(bodies.size()) / since(start) * 1e6);
        start = Steady::now();
        static_cast<void>(ours.run(bodies, clients));
        pair.ours.push_back(static_cast<double>(bodies.size()) / since(start) * 1e6);
    }
    pair.figures("journal: append, 64 waiting", "events/s", 0.5);
}

JournalCore fill(const JournalCore::Options& options, Clock& clock, std::span<const Bytes> bodies,
                 std::uint64_t events) {
    const JournalIdentity identity{.journal = JournalId{Uuid::from_random({1})},
                                   .device = DeviceId{Uuid::from_random({2})},
                                   .predecessor = {},
                                   .receipt_prefix = "12-3",
                                   .generation = Generation{1}};
    JournalCore core = must(JournalCore::create(options, identity, clock));
    std::vector<Draft> drafts;
    while (core.head().seq < Seq{events}) {
        drafts.clear();
        for (std::size_t i = 0; i < 2000; ++i)
            drafts.push_back(draft_of(bodies[(core.head().seq.value() + i) % bodies.size()]));
        static_cast<void>(must(core.append(drafts)));
        if (core.maintenance() == JournalCore::Maintenance::checkpoint)
            if (const auto done = core.checkpoint(); !done)
                throw std::runtime_error{done.error().detail};
    }
    return core;
}

void bench_open(const Scratch& scratch, Clock& clock, std::span<const Bytes> bodies) {
    const JournalCore::Options options{.file = scratch.path / "long.db"};
    auto start = Steady::now();
    {
        // Short bodies: what is measured does not read them, and the disk has enough to do.
        const std::vector<Bytes> small(1, bodies.front().substr(0, 100));
        const JournalCore filled = fill(options, clock, small, long_journal);
    }
    fmt::print(stderr, "filling took {:.1f} s, {} MB\n", since(start) / 1e6,
               std::filesystem::file_size(options.file) / 1'000'000);
    std::vector<double> times;
    for (std::size_t round = 0; round < 5; ++round) {
        start = Steady::now();
        const JournalCore opened = must(JournalCore::open(options, clock));
        times.push_back(since(start) / 1000);
    }
    figure("journal: open, 1,000,000 events", "ms", median(times));
}

/// What a clerk waits when a journal is found damaged; beside a bare copy of the same file.
void bench_salvage(const Scratch& scratch, Clock& clock, std::span<const Bytes> bodies) {
    namespace fs = std::filesystem;
    const JournalCore::Options options{.file = scratch.path / "damaged.db"};
    const JournalIdentity identity = [&] {
        JournalCore core = fill(options, clock, bodies, salvaged);
        if (const auto done = core.secure(); !done) throw std::runtime_error{done.error().detail};
        return core.identity();
    }();
    const auto middle = static_cast<std::streamoff>(fs::file_size(options.file) / 8192 * 4096);
    std::fstream{options.file, std::ios::in | std::ios::out | std::ios::binary}.seekp(middle)
        << std::string(4096, '\0');
    Pair pair;
    for (std::size_t round = 0; round < 3; ++round) {
        const fs::path copy = scratch.path / "copy.db", healed = scratch.path / "healed.db";
        auto start = Steady::now();
        fs::copy_file(options.file, copy);
        ::sync();
        pair.floor.push_back(since(start) / 1e6);
        start = Steady::now();
        must(salvage_journal({.damaged = options.file,
                              .into = healed,
                              .identity = identity,
                              .cause = "bench",
                              .kept_as = "damaged-1.db"}));
        pair.ours.push_back(since(start) / 1e6);
        for (const auto& file : {copy, healed}) fs::remove(file);
    }
    pair.figures("journal: salvage of 100,000 events", "s", 0.5);
}

}  // namespace

int main(int argc, char** argv) {
    const Scratch scratch{argc > 1 ? argv[1] : "."};
    SystemClock clock;
    std::vector<Bytes> bodies;
    support::Workload workload{support::Shop{}, 42};
    for (std::size_t i = 0; i < batched; ++i) bodies.push_back(workload.next().body);
    {
        const JournalCore::Options options{.file = scratch.path / "journal.db"};
        JournalCore core = must(JournalCore::create(options, {.receipt_prefix = "12-3"}, clock));
        Floor floor{scratch.path / "floor.db"};
        Ours ours{options, clock, std::move(core)};
        bench_singles(floor, ours, bodies);
        bench_batches(floor, ours, bodies);
    }
    bench_open(scratch, clock, bodies);
    bench_salvage(scratch, clock, bodies);
    return 0;
}
