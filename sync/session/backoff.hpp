#pragma once

#include <chrono>
#include <cstdint>

namespace till::sync {

/// How long to wait before connecting again: doubles from half a second to a minute, each wait
/// drawn between half of that and all of it, so that a store's tills do not come back in step.
/// Pure: the same seed gives the same waits.
class Backoff {
public:
    static constexpr std::chrono::milliseconds first{500};
    static constexpr std::chrono::milliseconds longest{60'000};

    explicit Backoff(std::uint64_t seed) : state_{seed} {}

    /// The next wait; never shorter than `at_least` (the peer's wish, cut off at ten minutes).
    std::chrono::milliseconds next(std::chrono::milliseconds at_least = {});
    /// After a connection that was refused: nothing listens there, so a try costs nobody anything and
    /// a centre that restarts is found within the second. Half a second, spread; a hundred times in a
    /// row, then as next().
    std::chrono::milliseconds knock();
    /// A session got as far as its welcome: start over.
    void reset() {
        ceiling_ = first;
        knocks_ = 0;
    }

private:
    std::uint64_t state_;
    std::chrono::milliseconds ceiling_ = first;
    int knocks_ = 0;
};

}  // namespace till::sync
