#pragma once

#include "agent/core/clock.hpp"
#include "tests/sim/rules.hpp"

#include <cstdint>
#include <functional>
#include <queue>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace till::sim {

/// Simulated time and chance: what happens when, from one seed.
class Schedule {
public:
    explicit Schedule(std::uint64_t seed) : engine_{seed} {}

    std::uint64_t now() const { return now_; }  ///< Milliseconds since the beginning.
    void after(std::uint64_t milliseconds, std::function<void()> what) {
        events_.push({now_ + milliseconds, order_++, std::move(what)});
    }
    /// Until that moment; throws what an event throws.
    void run_until(std::uint64_t end) {
        while (!events_.empty() && events_.top().at <= end) {
            auto event = std::move(const_cast<Event&>(events_.top()));
            events_.pop();
            now_ = event.at;
            note(event.at * 31 + event.order);
            ++counts.steps;
            event.what();
        }
        now_ = end;
    }

    std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
    std::uint64_t between(std::uint64_t low, std::uint64_t high) {
        return low + below(high - low + 1);
    }
    bool one_in(std::uint64_t many) { return below(many) == 0; }
    std::mt19937_64& engine() { return engine_; }

    /// Goes into the digest that two runs of a seed must share.
    void note(std::uint64_t fact) {
        counts.digest = (counts.digest ^ fact) * 0x9E3779B97F4A7C15ULL;
        counts.digest ^= counts.digest >> 29;
    }
    /// A line of the story, printed when it is asked for.
    void tell(const std::string& line) const {
        if (verbose)
            std::fprintf(stderr, "%8.3f  %s\n", static_cast<double>(now_) / 1000, line.c_str());
    }

    Counts counts;
    bool verbose = false;

private:
    struct Event {
        std::uint64_t at, order;
        std::function<void()> what;
        bool operator<(const Event& other) const {  // The earliest comes out first.
            return std::pair{at, order} > std::pair{other.at, other.order};
        }
    };
    std::uint64_t now_ = 0, order_ = 0;
    std::priority_queue<Event> events_;
    std::mt19937_64 engine_;
};

/// A machine's three clocks. The wall clock may be wrong and step; a boot begins the others anew.
class MachineClock final : public Clock {
public:
    explicit MachineClock(Schedule& schedule) : schedule_{schedule} { reboot(); }
    Times now() override {
        constexpr std::int64_t start = 1'772'434'800'000;  // 2026-03-02
        return {WallTime{start + offset + static_cast<std::int64_t>(schedule_.now())},
                BootTime{schedule_.now() - booted_}, boot_};
    }
    void reboot() {
        booted_ = schedule_.now();
        std::array<std::uint8_t, 16> bytes{};
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(schedule_.below(256));
        boot_ = BootId{Uuid::from_random(bytes)};
    }
    std::int64_t offset = 0;

private:
    Schedule& schedule_;
    std::uint64_t booted_ = 0;
    BootId boot_{Uuid{}};
};

}  // namespace till::sim
