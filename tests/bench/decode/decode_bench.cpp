// Prints one JSON object a line: {"name","value","unit","floor","ratio","goal","met"}.
// "floor" is the same work with nothing but a copy of the bytes; "ratio" is floor / value.

#include "drivers/decode/scan_facts.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <vector>

using namespace till::drivers;

namespace {
std::uint64_t allocations = 0;
}

void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

constexpr int rounds = 5;
constexpr int scans_per_round = 400'000;

const std::vector<std::string> element_strings{
    "]C10109506000134352\x1d"
    "10LOT4711\x1d"
    "17270131",
    "]Q3010950600013435210A1B2C3\x1d"
    "2112345678\x1d"
    "15261130310300125039221299",
    "]d20104006381333931172702002112345",
    "]e001095060001343523103001250392299",
    "]C100195060001343500016",
};

const std::vector<std::string> gtins{"]E04006381333931", "]E0036000291452", "]E496385074",
                                     "]I115012345678907", "4006381333931"};

/// Scans per second: the best of some rounds, because what else the machine does only slows.
template <class Work>
double best_rate(const std::vector<std::string>& scans, Work&& work) {
    double best = 0;
    for (int round = 0; round < rounds; ++round) {
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < scans_per_round; ++i)
            work(scans[static_cast<std::size_t>(i) % scans.size()]);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        best = std::max(best, scans_per_round / took.count());
    }
    return best;
}

/// What must be touched even if nothing were decoded.
void copy_only(const std::string& scan) {
    static char room[512];
    std::memcpy(room, scan.data(), scan.size());
    asm volatile("" ::"r"(static_cast<char*>(room)) : "memory");
}

void row(const char* name, double value, const char* unit, double floor, double goal, bool met) {
    std::printf(
        "{\"name\":\"%s\",\"value\":%.0f,\"unit\":\"%s\",\"floor\":%.0f,\"ratio\":%.1f,"
        "\"goal\":%.0f,\"met\":%s}\n",
        name, value, unit, floor, value > 0 ? floor / value : 0, goal, met ? "true" : "false");
}

}  // namespace

int main() {
    const auto& dictionary = Dictionary::builtin();
    const FactRules rules;
    static ScanMessage message;
    std::uint64_t read = 0;

    const auto elements = best_rate(element_strings, [&](const std::string& scan) {
        read += read_scan(scan, dictionary, {}, message).has_value();
    });
    constexpr double elements_goal = 500'000;
    row("decode: element strings per second and core", elements, "scan/s",
        best_rate(element_strings, copy_only), elements_goal, elements >= elements_goal);

    ScanFacts facts;
    const auto items = best_rate(gtins, [&](const std::string& scan) {
        read += read_facts(scan, 2026, dictionary, rules, message, facts).has_value();
    });
    constexpr double items_goal = 1'000'000;
    row("decode: plain GTINs per second and core", items, "scan/s", best_rate(gtins, copy_only),
        items_goal, items >= items_goal);

    const auto before = allocations;
    for (int i = 0; i < scans_per_round; ++i)
        read += read_facts(gtins[static_cast<std::size_t>(i) % gtins.size()], 2026, dictionary,
                           rules, message, facts)
                    .has_value();
    const auto counted = allocations - before;
    row("decode: heap allocations on 400,000 plain GTINs", static_cast<double>(counted), "count", 0,
        0, counted == 0);
    // A figure of scans that could not be read would be no figure.
    const std::uint64_t all = (2U * rounds + 1U) * scans_per_round;
    return read == all ? 0 : 1;
}
