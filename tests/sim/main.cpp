// till-sim: whole fleets over simulated clocks, networks and disks, each from one seed (decision 0090).
#include "agent/runtime/log.hpp"
#include "tests/sim/world.hpp"

#include <CLI/CLI.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>

namespace {

using namespace till::sim;

struct Wanted {
    std::uint64_t seeds = 1'000, first = 1, twice = 0;
    std::optional<std::uint64_t> only;
    bool mutants = false, verbose = false;
    unsigned jobs = 2;
};

/// What became of one seed: the words of a broken promise, or nothing.
std::string play(std::uint64_t seed, Mutant mutant, bool verbose, Counts& counts) {
    World world{seed, mutant, verbose};
    try {
        counts = world.run();
    } catch (const Broken& broken) {
        counts = world.counts();
        return broken.what();
    }
    return {};
}

void report(std::uint64_t seed, const std::string& why) {
    std::printf("BROKEN  seed %llu: %s\n        ./run sim --seed %llu --verbose\n",
                static_cast<unsigned long long>(seed), why.c_str(),
                static_cast<unsigned long long>(seed));
    std::fflush(stdout);
}

struct Sum {
    Counts counts;
    std::uint64_t seeds = 0, failures = 0;
};

/// Every `step`th seed, in a process of its own: SQLite's generator is one for the process.
Sum play_share(const Wanted& wanted, std::uint64_t from, std::uint64_t step) {
    Sum sum;
    for (std::uint64_t i = from; i < wanted.seeds; i += step) {
        Counts counts;
        const auto why = play(wanted.first + i, Mutant::none, false, counts);
        sum.counts += counts;
        ++sum.seeds;
        if (why.empty()) continue;
        ++sum.failures;
        report(wanted.first + i, why);
    }
    return sum;
}

int play_all(const Wanted& wanted) {
    Sum all;
    std::vector<std::pair<pid_t, int>> children;
    for (unsigned job = 0; job < wanted.jobs; ++job) {
        int ends[2];
        if (::pipe(ends) != 0) return 70;
        std::fflush(stdout);
        const pid_t child = ::fork();
        if (child == 0) {
            const Sum sum = play_share(wanted, job, wanted.jobs);
            const bool told = ::write(ends[1], &sum, sizeof sum) == sizeof sum;
            ::_exit(told ? 0 : 70);
        }
        ::close(ends[1]);
        children.emplace_back(child, ends[0]);
    }
    bool crashed = false;
    for (const auto& [child, end] : children) {
        Sum sum;
        crashed |= ::read(end, &sum, sizeof sum) != sizeof sum;
        int status = 0;
        ::waitpid(child, &status, 0);
        crashed |= status != 0;
        ::close(end);
        all.counts += sum.counts;
        all.seeds += sum.seeds;
        all.failures += sum.failures;
    }
    if (crashed) std::printf("a simulator process died\n");
    std::printf(
        "seeds %llu, events %llu, steps %llu, cuts %llu, faults %llu, let go %llu and %llu,"
        " failures %llu\n",
        static_cast<unsigned long long>(all.seeds),
        static_cast<unsigned long long>(all.counts.events),
        static_cast<unsigned long long>(all.counts.steps),
        static_cast<unsigned long long>(all.counts.cuts),
        static_cast<unsigned long long>(all.counts.faults),
        static_cast<unsigned long long>(all.counts.let_go),
        static_cast<unsigned long long>(all.counts.centre_let_go),
        static_cast<unsigned long long>(all.failures));
    return crashed || all.failures > 0 ? 1 : 0;
}

/// Each fault seeded in the code must be caught by some seed.
int play_mutants(const Wanted& wanted) {
    int missed = 0;
    for (const auto& [mutant, name] : mutants) {
        std::string why;
        std::uint64_t seed = wanted.first;
        for (; why.empty() && seed < wanted.first + wanted.seeds; ++seed) {
            Counts counts;
            why = play(seed, mutant, false, counts);
        }
        missed += why.empty() ? 1 : 0;
        std::printf("%-8s%s: %s\n", why.empty() ? "MISSED" : "caught", std::string{name}.c_str(),
                    why.empty() ? "no seed showed it"
                                : ("seed " + std::to_string(seed - 1) + ", " + why).c_str());
        std::fflush(stdout);
    }
    std::printf("mutants %zu, missed %d\n", mutants.size(), missed);
    return missed > 0 ? 1 : 0;
}

/// The same seed must do the same again.
int play_twice(const Wanted& wanted) {
    std::uint64_t differ = 0;
    for (std::uint64_t seed = wanted.first; seed < wanted.first + wanted.twice; ++seed) {
        Counts one, other;
        const auto first = play(seed, Mutant::none, false, one);
        const auto second = play(seed, Mutant::none, false, other);
        if (first == second && one.digest == other.digest) continue;
        ++differ;
        std::printf("seed %llu did not do the same twice\n", static_cast<unsigned long long>(seed));
    }
    std::printf("seeds %llu played twice, %llu differ\n",
                static_cast<unsigned long long>(wanted.twice),
                static_cast<unsigned long long>(differ));
    return differ > 0 ? 1 : 0;
}

int play_one(const Wanted& wanted) {
    Counts counts;
    const auto why = play(*wanted.only, Mutant::none, wanted.verbose, counts);
    if (!why.empty()) report(*wanted.only, why);
    std::printf("seed %llu: events %llu, steps %llu, cuts %llu, faults %llu: %s\n",
                static_cast<unsigned long long>(*wanted.only),
                static_cast<unsigned long long>(counts.events),
                static_cast<unsigned long long>(counts.steps),
                static_cast<unsigned long long>(counts.cuts),
                static_cast<unsigned long long>(counts.faults), why.empty() ? "held" : "BROKEN");
    return why.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{
        "Fleets of tills and a centre over simulated clocks, networks and disks; what was "
        "promised is checked at every step.",
        "./run sim"};
    Wanted wanted;
    app.add_option("--seeds", wanted.seeds, "How many seeds to play")->capture_default_str();
    app.add_option("--first", wanted.first, "The first of them")->capture_default_str();
    app.add_option("--seed", wanted.only, "Play this one alone");
    app.add_flag("--verbose", wanted.verbose, "Tell its story (with --seed)");
    app.add_flag("--mutants", wanted.mutants,
                 "Seed faults in the code instead: each must be caught");
    app.add_option("--twice", wanted.twice, "Play so many seeds twice, and compare");
    app.add_option("--jobs", wanted.jobs, "Processes")
        ->capture_default_str()
        ->check(CLI::Range(1U, 256U));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) { return app.exit(error) == 0 ? 0 : 2; }
    till::set_log_level(till::LogLevel::off);
    if (wanted.only) return play_one(wanted);
    if (wanted.mutants) return play_mutants(wanted);
    if (wanted.twice > 0) return play_twice(wanted);
    return play_all(wanted);
}
