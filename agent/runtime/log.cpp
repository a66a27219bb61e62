#include "agent/runtime/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace till {

namespace {

constexpr std::size_t line_bytes_max = 2048;

spdlog::logger& logger() {
    static const auto instance = [] {
        auto made = std::make_shared<spdlog::logger>(
            "till", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
        made->flush_on(spdlog::level::trace);
        return made;
    }();
    return *instance;
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
        case LogLevel::off:
            return spdlog::level::off;
    }
    return spdlog::level::info;
}

/// logfmt: bare when plain, else in quotes with control characters and quotes escaped.
std::string quoted(std::string_view text) {
    const bool plain = !text.empty() && std::ranges::none_of(text, [](unsigned char c) {
        return c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f;
    });
    if (plain) return std::string{text};
    std::string out = "\"";
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') out += '\\';
        if (octet < 0x20 || octet == 0x7f)
            out += fmt::format("\\x{:02x}", octet);
        else
            out += c;
    }
    return out + '"';
}

}  // namespace

LogField::LogField(std::string_view k, std::string_view v) : key{k}, value{quoted(v)} {}
LogField::LogField(std::string_view k, std::int64_t v) : key{k}, value{std::to_string(v)} {}
LogField::LogField(std::string_view k, std::uint64_t v) : key{k}, value{std::to_string(v)} {}

void log(LogLevel level, std::string_view module, std::string_view message,
         std::initializer_list<LogField> fields) {
    const auto severity = to_spdlog(level);
    if (!logger().should_log(severity)) return;
    std::string line = fmt::format("{} {}", module, message);
    for (const LogField& field : fields) line += fmt::format(" {}={}", field.key, field.value);
    if (line.size() > line_bytes_max) line.resize(line_bytes_max);
    logger().log(severity, "{}", line);
}

void set_log_level(LogLevel level) { logger().set_level(to_spdlog(level)); }

}  // namespace till
