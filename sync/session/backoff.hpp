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
    /// A session got as far as its welcome: start over.
    void reset() { ceiling_ = first; }

private:
    std::uint64_t state_;
    std::chrono::milliseconds ceiling_ = first;
};

}  // namespace till::sync
