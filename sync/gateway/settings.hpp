#pragma once

#include "agent/core/result.hpp"
#include "agent/runtime/log.hpp"
#include "firmware-config/layers/settings.hpp"
#include "sync/postgres/postgres.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace till::sync {

/// The gateway's settings table.
config::Schema gateway_schema();

/// What gateway.toml says, as types.
struct GatewaySettings {
    std::string address;     ///< To listen on.
    std::uint16_t port = 0;  ///< 0: the kernel chooses; the choice is written to <home>/port.
    std::string server_name;
    std::string public_host;
    unsigned loops = 0;  ///< Event loops; 0: one for each core.
    std::chrono::milliseconds code_life{0};
    std::chrono::milliseconds certificate_life{0};
    std::uint32_t generations = 0;  ///< Receipt generations allotted to each enrolment.
    std::chrono::milliseconds backup_age{0};
    std::chrono::milliseconds keep{0};  ///< Raw events; 0: for ever.
    /// How long after she was seen every store's tills know a customer.
    std::chrono::milliseconds customers_everywhere{0};
    /// The PostgreSQL database that this gateway shares with others; none: SQLite in its home.
    std::optional<PostgresAddress> ledger;
    std::string ledger_url;  ///< As the file says it, password and all.
    bool projects = true;
    std::size_t connections_max = 0;
    std::size_t strangers_max = 0;
    std::string metrics_address;
    std::uint16_t metrics_port = 0;  ///< 0: there is no such page.
    /// Where events go as webhooks.
    struct WebhookSettings {
        std::string name, url;
        std::filesystem::path secrets_file, authorities;  ///< Relative ones count from the home.
        std::size_t batch_max = 100;
        std::chrono::milliseconds answer_limit{0};
        bool person = false;
    };
    std::vector<WebhookSettings> webhooks;
    struct TrytonSettings {
        std::string name, url, database, user, list, country;
        std::filesystem::path password_file, authorities;  ///< As above.
        std::chrono::milliseconds settle{0};
    };
    std::vector<TrytonSettings> trytons;
    LogLevel log_level = LogLevel::info;
};

/// Fails with every fault of the file, one a line.
Result<GatewaySettings> parse_gateway_settings(std::string_view toml, std::string_view file_name);

}  // namespace till::sync
