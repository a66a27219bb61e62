#include "agent/runtime/metrics.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>

namespace till {

namespace {

/// A label's value: only these three have a meaning of their own.
void append_escaped(Bytes& to, std::string_view text) {
    for (const char c : text) {
        if (c == '\\' || c == '"') to += '\\';
        to += c == '\n' ? std::string_view{"\\n"} : std::string_view{&c, 1};
    }
}

/// Not std::clock(): it wraps after 36 minutes of processor time where a long has 32 bits.
double processor_seconds() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

double open_descriptors() {
    std::error_code failed;
    std::filesystem::directory_iterator all{"/proc/self/fd", failed};
    const auto count = failed ? 0 : std::distance(begin(all), end(all));
    return static_cast<double>(std::max<std::ptrdiff_t>(0, count - 1));  // Less the one that looks.
}

const auto at_start = static_cast<double>(std::time(nullptr));

}  // namespace

std::uint64_t resident_bytes() {
    std::ifstream in{"/proc/self/statm"};
    std::uint64_t pages = 0;
    std::uint64_t resident = 0;
    in >> pages >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void MetricsText::head(std::string_view name, std::string_view help, std::string_view type) {
    if (!named_.emplace(name).second) return;
    fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name,
                   type);
}

void MetricsText::sample(std::string_view name, double value, Labels labels) {
    text_ += name;
    const char* between = "{";
    for (const auto& [label, said] : labels) {
        text_.append(between).append(label).append("=\"");
        append_escaped(text_, said);
        text_ += '"';
        between = ",";
    }
    if (labels.size() > 0) text_ += '}';
    fmt::format_to(std::back_inserter(text_), " {}\n", value);
}

void MetricsText::counter(std::string_view name, std::string_view help, double value,
                          Labels labels) {
    head(name, help, "counter");
    sample(name, value, labels);
}

void MetricsText::gauge(std::string_view name, std::string_view help, double value, Labels labels) {
    head(name, help, "gauge");
    sample(name, value, labels);
}

void MetricsText::histogram(std::string_view name, std::string_view help,
                            std::span<const double> ends, std::span<const std::uint64_t> counts,
                            double sum) {
    head(name, help, "histogram");
    const std::string base{name};
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        so_far += counts[i];
        const std::string end = i < ends.size() ? fmt::format("{}", ends[i]) : "+Inf";
        sample(base + "_bucket", static_cast<double>(so_far), {{"le", end}});
    }
    sample(base + "_sum", sum, {});
    sample(base + "_count", static_cast<double>(so_far), {});
}

void MetricsText::process(std::string_view version) {
    gauge("tillstream_build_info", "1, with the version of the program.", 1,
          {{"version", version}});
    counter("process_cpu_seconds_total", "Processor time used.", processor_seconds());
    gauge("process_resident_memory_bytes", "Memory in use.", static_cast<double>(resident_bytes()));
    gauge("process_open_fds", "File descriptors in use.", open_descriptors());
    gauge("process_start_time_seconds", "When the program started, since 1970.", at_start);
}

void Durations::add(std::chrono::nanoseconds taken) {
    const double seconds = std::chrono::duration<double>(taken).count();
    const auto bucket = std::ranges::lower_bound(ends, seconds) - ends.begin();
    ++counts_[static_cast<std::size_t>(bucket)];
    sum_ += seconds;
}

void Durations::write(MetricsText& into, std::string_view name, std::string_view help) const {
    into.histogram(name, help, ends, counts_, sum_);
}

}  // namespace till
