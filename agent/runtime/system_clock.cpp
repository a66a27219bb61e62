#include "agent/runtime/system_clock.hpp"

#include <fstream>
#include <random>

#include <time.h>

namespace till {

namespace {

std::int64_t milliseconds(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

Uuid read_boot_id() {
    std::ifstream file{"/proc/sys/kernel/random/boot_id"};
    std::string text;
    if (std::getline(file, text))
        if (const auto id = Uuid::parse(text)) return *id;
    std::random_device device;
    std::array<std::uint8_t, 16> bytes{};
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(device());
    return Uuid::from_random(bytes);
}

}  // namespace

SystemClock::SystemClock() : boot_{read_boot_id()} {}

Times SystemClock::now() {
    return {WallTime{milliseconds(CLOCK_REALTIME)},
            BootTime{static_cast<std::uint64_t>(milliseconds(CLOCK_BOOTTIME))}, boot_};
}

}  // namespace till
