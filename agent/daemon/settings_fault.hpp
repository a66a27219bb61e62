#pragma once

#include "agent/core/result.hpp"
#include "firmware-config/layers/settings.hpp"

// Private to the module: what the readers of its settings share.
namespace till {

/// A fault that the table alone cannot see. `key` is "section.key", of that section.
Error settings_fault(std::string_view file, const config::Values& section, std::string_view key,
                     std::string_view what, std::string_view allowed);

/// The parts of "a, b".
std::vector<std::string> split_list(const std::string& text);

}  // namespace till
