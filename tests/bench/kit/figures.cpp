#include "tests/bench/kit/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace till::bench {

double since(Steady::time_point start) {
    return std::chrono::duration<double, std::micro>(Steady::now() - start).count();
}

double quantile(Samples values, double share) {
    std::ranges::sort(values);
    return values.at(static_cast<std::size_t>(share * static_cast<double>(values.size() - 1)));
}

void append(Samples& into, const Samples& more) {
    into.insert(into.end(), more.begin(), more.end());
}

void figure(std::string_view name, std::string_view unit, double value, double floor) {
    fmt::print("{{\"name\":\"{}\",\"unit\":\"{}\",\"value\":{:.6g}", name, unit, value);
    if (floor > 0) fmt::print(",\"floor\":{:.6g}", floor);
    fmt::print("}}\n");
    std::fflush(stdout);
}

}  // namespace till::bench
