#pragma once

#include "agent/core/result.hpp"

#include <chrono>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace till::bench {

using Steady = std::chrono::steady_clock;
using Samples = std::vector<double>;

/// Microseconds.
double since(Steady::time_point start);

double quantile(Samples values, double share);
inline double median(Samples values) { return quantile(std::move(values), 0.5); }
void append(Samples& into, const Samples& more);

/// One figure as a JSON line; `tests/bench/run` knows the goals. A floor of 0: there is none.
void figure(std::string_view name, std::string_view unit, double value, double floor = 0);

/// A bench has nobody to tell but the person who started it.
template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error{result.error().detail};
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// Work done and the time it took, in turns with its floor: only the ratio of the two means much.
struct Pair {
    Samples ours, floor;
    void figures(std::string_view name, std::string_view unit, double share) const {
        figure(name, unit, quantile(ours, share), quantile(floor, share));
    }
};

}  // namespace till::bench
