#include "sync/session/backoff.hpp"

#include <algorithm>

namespace till::sync {

namespace {

constexpr std::chrono::milliseconds wish_max{600'000};
constexpr int knocks_max = 100;

/// SplitMix64: one word of state and good enough to spread tills over a minute.
std::uint64_t draw(std::uint64_t& state) {
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

}  // namespace

std::chrono::milliseconds Backoff::next(std::chrono::milliseconds at_least) {
    const auto half = static_cast<std::uint64_t>(ceiling_.count() / 2);
    const std::chrono::milliseconds jitter{draw(state_) % (half + 1)};
    const std::chrono::milliseconds wait = ceiling_ / 2 + jitter;
    ceiling_ = std::min(ceiling_ * 2, longest);
    // The peer's wish is spread as well, or all would come back at the moment it named.
    const auto wish = std::clamp(at_least, std::chrono::milliseconds{0}, wish_max);
    return wish > wait ? wish + jitter : wait;
}

std::chrono::milliseconds Backoff::knock() {
    if (knocks_ >= knocks_max) return next();
    ++knocks_;
    const auto half = static_cast<std::uint64_t>(first.count() / 2);
    return first / 2 + std::chrono::milliseconds{draw(state_) % (half + 1)};
}

}  // namespace till::sync
