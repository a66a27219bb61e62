#pragma once

#include "agent/api/settings.hpp"
#include "agent/core/result.hpp"
#include "agent/daemon/peripheral_settings.hpp"
#include "agent/runtime/log.hpp"
#include "firmware-config/layers/schema.hpp"
#include "sync/uplink/enrol_client.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace till {

/// The agent's settings table: defaults, checks and the sample file come from it.
config::Schema agent_schema();

/// A commented file with every setting.
std::string agent_sample();

/// The settings file of one agent, checked.
struct AgentSettings {
    /// Store and workstation names and the sealing key are enrolment's; see workstation().
    WorkstationSettings store;
    std::uint16_t http_port = 0;  ///< 0: the kernel picks.
    bool zmq_enabled = true;
    std::filesystem::path zmq_socket, zmq_feed_socket;  ///< Empty: in the home.
    unsigned zmq_mode = 0600;
    std::uint64_t journal_reserve_bytes = 0;
    std::optional<std::chrono::milliseconds> journal_keep;  ///< Nothing: events stay for ever.
    std::chrono::milliseconds customers_keep{0};            ///< Without news of the centre.
    bool uplink_enabled = true;
    std::chrono::milliseconds max_offline{0};  ///< How long wall time is believed without news.
    LogLevel log_level = LogLevel::info;

    struct FileDrop {
        std::filesystem::path folder;
        std::string mapping;  ///< Name of a bundled mapping, or a path that exists.
    };
    std::vector<FileDrop> file_drops;
    PeripheralSettings peripherals;
};

/// Reads `toml`; relative paths count from `folder`. On failure `detail` lists the faults, a line
/// each, as "file:line: section.key: …".
Result<AgentSettings> parse_settings(std::string_view toml, std::string_view file_name,
                                     const std::filesystem::path& folder);

/// The same from a file; not_found or io when it cannot be read.
Result<AgentSettings> load_settings(const std::filesystem::path& file);

/// What the command table needs: the settings with what enrolment said.
WorkstationSettings workstation(const AgentSettings& settings, const sync::Enrolment& enrolment);

}  // namespace till
