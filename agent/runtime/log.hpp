#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace till {

enum class LogLevel : std::uint8_t { debug, info, warning, error, off };

/// One fact of a log line: `journal=7f… mark=48213`. A value is text or a whole number; there is no
/// overload for messages, events or anything else that could carry a customer, and none may be added.
struct LogField {
    LogField(std::string_view name, std::string_view text);
    LogField(std::string_view name, const char* text) : LogField{name, std::string_view{text}} {}
    LogField(std::string_view name, const std::string& text)
        : LogField{name, std::string_view{text}} {}
    LogField(std::string_view name, std::int64_t number);
    LogField(std::string_view name, std::uint64_t number);
    LogField(std::string_view name, int number) : LogField{name, std::int64_t{number}} {}
    LogField(std::string_view name, unsigned number) : LogField{name, std::uint64_t{number}} {}

    std::string_view key;
    std::string value;  ///< Already quoted as logfmt wants it.
};

/// Structured log lines (logfmt) on standard error:
/// `2026-11-23T10:55:20.123Z info uplink connected gateway=… mark=48213`.
/// Thread-safe. A line is bounded to 2 KiB.
void log(LogLevel level, std::string_view module, std::string_view message,
         std::initializer_list<LogField> fields = {});

/// What is printed from now on; info at start. Thread-safe.
void set_log_level(LogLevel level);

}  // namespace till
