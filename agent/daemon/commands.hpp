#pragma once

#include "agent/core/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace till {

/// How till-agent ends; the numbers are part of its interface (those of sysexits.h beyond 2).
enum class AgentExit : std::uint8_t {
    ok = 0,          ///< Done; for `run`, stopped by a signal.
    usage = 2,       ///< The command line makes no sense.
    damaged = 65,    ///< Stored data is damaged; nothing was written over.
    internal = 70,   ///< A bug, or a disk that refuses.
    temporary = 75,  ///< Try again: the centre is not reached, or another agent uses the home.
    refused = 77,    ///< The centre refused: code used, unknown or expired; not trusted.
    settings = 78,   ///< The settings are wrong, or the device is not enrolled.
};
AgentExit exit_for(const Error& error);

/// Each does one command of the program, says on standard output or error what became of it, and
/// returns how the program ends.
AgentExit enrol_agent(const std::filesystem::path& home, const std::string& code);
AgentExit run_agent(const std::filesystem::path& home,
                    const std::optional<std::filesystem::path>& settings);
AgentExit check_settings(const std::filesystem::path& file);

}  // namespace till
