#pragma once

#include "tests/usb/bench.hpp"
#include "tests/usb/child.hpp"

#include <map>
#include <stdexcept>

// What scenarios are written in.
namespace till::usbsim {

inline std::string tillctl;  ///< The program under test.

inline std::string text(const boost::json::object& event, std::string_view key) {
    const auto* const value = event.if_contains(key);
    return value != nullptr && value->is_string() ? std::string{value->as_string()} : "";
}

inline auto is(std::string what) {
    return [what](const boost::json::object& event) { return text(event, "event") == what; };
}
inline auto is_at(std::string what, std::string port) {
    return [what, port](const boost::json::object& event) {
        return text(event, "event") == what && text(event, "port") == port;
    };
}
inline auto scanned(std::string data) {
    return [data](const boost::json::object& event) {
        return text(event, "event") == "scan" && text(event, "data") == data;
    };
}

inline void expect(bool holds, const std::string& what) {
    if (!holds) throw std::runtime_error{what};
}

/// Thrown by a scenario that needs what is not here.
struct Skipped : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// `quirks`: a file of rows of its own; empty: none.
inline Child watch(const std::string& quirks = {}) {
    std::vector<std::string> command{tillctl, "devices", "--watch", "--json"};
    if (!quirks.empty()) command.insert(command.end(), {"--quirks", quirks});
    return Child{command};
}

using Scenarios = std::map<std::string, void (*)(Bench&)>;

Scenarios capture_scenarios();
Scenarios counter_scenarios();
Scenarios recording_scenarios();

}  // namespace till::usbsim
