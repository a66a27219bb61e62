#include "agent/daemon/settings_fault.hpp"

#include <sstream>

namespace till {

Error settings_fault(std::string_view file, const config::Values& section, std::string_view key,
                     std::string_view what, std::string_view allowed) {
    const unsigned line = section.line(key.substr(key.find('.') + 1));
    return Error{Errc::malformed, std::string{file} + (line ? ":" + std::to_string(line) : "")
                                      + ": " + std::string{key} + ": " + std::string{what}
                                      + " (allowed: " + std::string{allowed} + ")\n"};
}

std::vector<std::string> split_list(const std::string& text) {
    std::vector<std::string> parts;
    std::istringstream in{text};
    for (std::string part; std::getline(in, part, ',');) {
        const auto first = part.find_first_not_of(' ');
        if (first == std::string::npos) continue;
        parts.push_back(part.substr(first, part.find_last_not_of(' ') + 1 - first));
    }
    return parts;
}

}  // namespace till
