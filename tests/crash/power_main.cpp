#include "tests/crash/careless.hpp"
#include "tests/crash/shells.hpp"

#include <unistd.h>

#include <chrono>
#include <iostream>
#include <random>
#include <thread>

// What power_cuts.py runs on a disk that it cuts off:
//   crash_power write device|centre FOLDER FROM SEED [careless]
//   crash_power read device|centre FOLDER
// Both print a line "record where" for each record: when it was answered, or as it was found after a
// start.
namespace {

using namespace till;
using namespace till::crash;

constexpr int failures_max = 20;  // By then the disk is gone for good.

std::unique_ptr<Target> target_of(const std::string& end, const char* folder) {
    return end == "device" ? device_shell(folder) : centre_shell(folder);
}

// At once and in one go: what has left this process was answered.
void say(Number record, const std::string& where) {
    const std::string line = std::to_string(record) + ' ' + where + '\n';
    if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        ::_exit(3);
}

/// The first record that was not answered.
Number store(Target& target, Number first, std::size_t count) {
    const auto answers = target.store(first, count);
    Number unanswered = first + count;
    for (std::size_t i = count; i-- > 0;)
        if (!answers[i]) unanswered = first + i;
    for (std::size_t i = 0; i < count; ++i)
        if (answers[i]) say(first + i, *answers[i]);
    return unanswered;
}

int write_until_it_fails(Target& target, Number from, std::uint64_t seed) {
    std::mt19937_64 chance{seed};
    if (const auto opened = target.open(); !opened) {
        std::cerr << "cannot be opened: " << opened.error().detail << '\n';
        return 1;
    }
    for (int failures = 0; failures < failures_max;) {
        const std::size_t count = chance() % 8 + 1;
        const Number reached = store(target, from, count);
        failures = reached == from + count ? 0 : failures + 1;
        from = reached;
        // An idle gap now and then: checkpoints are cut as well.
        if (chance() % 64 == 0) std::this_thread::sleep_for(std::chrono::milliseconds{60});
    }
    return 0;
}

int read_all(Target& target) {
    const auto opened = target.open();
    target.close();
    const auto held = opened ? target.held() : opened.error();
    if (!held) {
        std::cerr << held.error().detail << '\n';
        return 1;
    }
    for (const auto& [record, where] : *held) std::cout << record << ' ' << where << '\n';
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 4) return 2;
    const auto target = target_of(arguments[2], arguments[3]);
    if (arguments[1] == std::string{"read"}) return read_all(*target);
    if (count < 6) return 2;
    if (count > 6) commit_carelessly();
    return write_until_it_fails(*target, std::stoull(arguments[4]), std::stoull(arguments[5]));
}
