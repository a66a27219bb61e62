// bench_journal [folder]: figures of the journal beside bare SQLite on the same disk, as JSON lines.
// Rounds alternate (floor, ours, floor, ours, …) because a disk's speed drifts; the medians over all
// rounds are compared, and only ratios mean anything.

#include "agent/journal/journal.hpp"
#include "agent/runtime/system_clock.hpp"
#include "tests/bench/journal/floor.hpp"
#include "tests/support/scratch.hpp"
#include "tests/support/workload.hpp"

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>

using namespace till;
using Steady = std::chrono::steady_clock;

namespace {

constexpr std::size_t rounds = 9, singles = 500, batched = 64 * 150, clients = 64;
constexpr std::uint64_t long_journal = 1'000'000;

double since(Steady::time_point start) {
    return std::chrono::duration<double, std::micro>(Steady::now() - start).count();
}

double quantile(std::vector<double> values, double share) {
    std::ranges::sort(values);
    return values.at(static_cast<std::size_t>(share * static_cast<double>(values.size() - 1)));
}

/// goal: an upper bound of value ÷ floor, or a lower one when more is better.
void report(const char* name, const char* unit, double value, double floor, double goal,
            bool more_is_better = false) {
    const double ratio = value / floor;
    const bool met = more_is_better ? ratio >= goal : ratio <= goal;
    fmt::print(
        "{{\"name\":\"{}\",\"value\":{:.1f},\"unit\":\"{}\",\"floor\":{:.1f},\"ratio\":{:.2f},"
        "\"goal\":{},\"met\":{}}}\n",
        name, value, unit, floor, ratio, goal, met);
    std::fflush(stdout);
}

template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error{result.error().detail};
    return *std::move(result);
}

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

void append_to(std::vector<double>& into, const std::vector<double>& more) {
    into.insert(into.end(), more.begin(), more.end());
}

void bench_singles(bench::Floor& floor, Ours& ours, std::span<const Bytes> bodies, const char* p50,
                   const char* p99) {
    std::vector<double> floor_times, our_times;
    for (std::size_t round = 0; round < rounds; ++round) {
        append_to(floor_times, floor.insert(bodies.first(singles), 1));
        append_to(our_times, ours.run(bodies.first(singles), 1));
    }
    report(p50, "us", quantile(our_times, 0.5), quantile(floor_times, 0.5), 1.25);
    report(p99, "us", quantile(our_times, 0.99), quantile(floor_times, 0.99), 1.5);
}

void bench_batches(bench::Floor& floor, Ours& ours, std::span<const Bytes> bodies) {
    std::vector<double> floor_rates, our_rates;
    for (std::size_t round = 0; round < rounds; ++round) {
        auto start = Steady::now();
        static_cast<void>(floor.insert(bodies, clients));
        floor_rates.push_back(static_cast<double>(bodies.size()) / since(start) * 1e6);
        start = Steady::now();
        static_cast<void>(ours.run(bodies, clients));
        our_rates.push_back(static_cast<double>(bodies.size()) / since(start) * 1e6);
    }
    report("durable capture, 64 waiting", "events/s", quantile(our_rates, 0.5),
           quantile(floor_rates, 0.5), 0.5, true);
}

JournalCore fill(const JournalCore::Options& options, Clock& clock, std::span<const Bytes> bodies) {
    const JournalIdentity identity{.journal = JournalId{Uuid::from_random({1})},
                                   .device = DeviceId{Uuid::from_random({2})},
                                   .predecessor = {},
                                   .receipt_prefix = "12-3",
                                   .generation = Generation{1}};
    JournalCore core = must(JournalCore::create(options, identity, clock));
    std::vector<Draft> drafts;
    while (core.head().seq < Seq{long_journal}) {
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

void bench_long(const Scratch& scratch, Clock& clock, std::span<const Bytes> bodies) {
    const JournalCore::Options options{.file = scratch.path / "long.db"};
    auto start = Steady::now();
    {
        // Short bodies: what is measured does not read them, and the disk has enough to do.
        const std::vector<Bytes> small(1, bodies.front().substr(0, 100));
        const JournalCore filled = fill(options, clock, small);
    }
    fmt::print(stderr, "filling took {:.1f} s, {} MB\n", since(start) / 1e6,
               std::filesystem::file_size(options.file) / 1'000'000);
    std::vector<double> times;
    for (std::size_t round = 0; round < 5; ++round) {
        start = Steady::now();
        const JournalCore opened = must(JournalCore::open(options, clock));
        times.push_back(since(start) / 1000);
    }
    report("open a journal of 1,000,000 events", "ms", quantile(times, 0.5), 100, 1);
    bench::Floor floor{scratch.path / "floor-2.db"};
    // What the filling left to do would be done between the rounds, while the floor is measured.
    JournalCore core = must(JournalCore::open(options, clock));
    while (core.maintenance() != JournalCore::Maintenance::none)
        if (const auto done = core.maintain(); !done) throw std::runtime_error{done.error().detail};
    Ours ours{options, clock, std::move(core)};
    bench_singles(floor, ours, bodies, "durable capture p50, 1,000,000 events",
                  "durable capture p99, 1,000,000 events");
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
        bench::Floor floor{scratch.path / "floor.db"};
        Ours ours{options, clock, std::move(core)};
        bench_singles(floor, ours, bodies, "durable capture p50", "durable capture p99");
        bench_batches(floor, ours, bodies);
    }
    bench_long(scratch, clock, bodies);
    return 0;
}
