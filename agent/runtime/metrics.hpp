#pragma once

#include "agent/core/bytes.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace till {

/// Text for Prometheus (exposition format 0.0.4), written when it is asked for: whoever has a figure
/// keeps it where it belongs, and says it here.
///
/// Names end as that project recommends: `_total` counts, `_seconds` and `_bytes` are base units.
/// Samples of one name come one after another; the first gives type and help.
class MetricsText {
public:
    using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    void counter(std::string_view name, std::string_view help, double value, Labels labels = {});
    void gauge(std::string_view name, std::string_view help, double value, Labels labels = {});
    /// Buckets by their upper end, counted one by one; what is larger than all has the last count.
    void histogram(std::string_view name, std::string_view help, std::span<const double> ends,
                   std::span<const std::uint64_t> counts, double sum);

    /// What every program says of itself: process_* of this one, and its version.
    void process(std::string_view version);

    const Bytes& text() const { return text_; }

private:
    void sample(std::string_view name, double value, Labels labels);
    void head(std::string_view name, std::string_view help, std::string_view type);

    Bytes text_;
    std::set<std::string, std::less<>> named_;
};

/// Memory that this process has in use.
std::uint64_t resident_bytes();

inline constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

/// How long something took, for MetricsText::histogram. One thread.
class Durations {
public:
    void add(std::chrono::nanoseconds taken);
    void write(MetricsText& into, std::string_view name, std::string_view help) const;

private:
    static constexpr std::array ends{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0};
    std::array<std::uint64_t, ends.size() + 1> counts_{};
    double sum_ = 0;
};

}  // namespace till
