#include "sync/gateway/settings.hpp"

#include <algorithm>
#include <array>

namespace till::sync {

namespace {

using config::Effect;
using config::Section;
using config::Setting;
using config::Type;

constexpr std::array listen = {
    Setting{.key = "address",
            .fallback = "127.0.0.1",
            .meaning = "Address to listen on; only this machine until you say otherwise."},
    Setting{
        .key = "port",
        .type = Type::integer,
        .fallback = "8443",
        .least = 0,
        .most = 65535,
        .meaning =
            "The one port for devices, enrolment and administrators; 0 lets the kernel choose."},
    Setting{.key = "server_name",
            .required = true,
            .meaning = "DNS name in the server's certificate; it must not change."},
    Setting{.key = "public_host",
            .required = true,
            .meaning = "Name or address that devices connect to; goes into enrolment codes."},
    Setting{.key = "loops",
            .type = Type::integer,
            .fallback = "0",
            .least = 0,
            .most = 64,
            .meaning = "Event loops; 0 makes one for each core."},
    Setting{.key = "connections_max",
            .type = Type::integer,
            .fallback = "20000",
            .least = 16,
            .most = 1000000,
            .meaning = "Devices and administrators connected at a time; above it new ones are "
                       "closed at once."},
    Setting{.key = "strangers_max",
            .type = Type::integer,
            .fallback = "512",
            .least = 16,
            .most = 100000,
            .meaning =
                "Connections that have not shown a valid certificate; above it the oldest of "
                "the address with the most is closed."},
};

constexpr std::array enrolment = {
    Setting{.key = "code_life_hours",
            .type = Type::integer,
            .fallback = "72",
            .least = 1,
            .most = 8760,
            .unit = "hours",
            .meaning = "How long a one-time code may be used."},
    Setting{.key = "certificate_life_days",
            .type = Type::integer,
            .fallback = "365",
            .least = 1,
            .most = 3650,
            .unit = "days",
            .meaning = "Life of a device's certificate; it is renewed at two thirds."},
    Setting{.key = "generations",
            .type = Type::integer,
            .fallback = "8",
            .least = 1,
            .most = 1000,
            .meaning = "Receipt generations allotted to a device; each new journal consumes one."},
};

constexpr std::array storage = {
    Setting{.key = "backup_age_hours",
            .type = Type::integer,
            .fallback = "48",
            .least = 0,
            .most = 8760,
            .unit = "hours",
            .meaning = "Age of the oldest backup this centre may be restored from; devices keep "
                       "records so long."},
    Setting{.key = "keep_days",
            .type = Type::integer,
            .fallback = "0",
            .least = 0,
            .most = 36500,
            .unit = "days",
            .meaning =
                "How long raw events are kept once they are in the tables; after that a signed "
                "checkpoint proves the chain. 0: for ever."},
};

constexpr std::array customers = {
    Setting{.key = "everywhere_days",
            .type = Type::integer,
            .fallback = "30",
            .least = 0,
            .most = 3650,
            .unit = "days",
            .meaning = "How long after she was last seen the tills of every store know a customer; "
                       "later only those of the stores where she bought."},
};

constexpr std::array ledger = {
    Setting{.key = "url",
            .meaning = "postgresql://user:password@host:port/database, shared by all gateways of "
                       "this centre; empty: SQLite in this folder, for one gateway."},
    Setting{.key = "projects",
            .type = Type::boolean,
            .fallback = "true",
            .meaning = "Turns events into tables and answers questions about them. Of the gateways "
                       "that share a ledger exactly one does; the others say false."},
};

constexpr std::array metrics = {
    Setting{.key = "address",
            .fallback = "127.0.0.1",
            .meaning = "Where /metrics, /healthz and /readyz are; plain HTTP, without a password."},
    Setting{.key = "port",
            .type = Type::integer,
            .fallback = "0",
            .least = 0,
            .most = 65535,
            .meaning = "Its port; 0: there is no such page."},
};

constexpr std::array webhook = {
    Setting{.key = "name",
            .required = true,
            .meaning = "For logs, and for what was handed over: it must not change."},
    Setting{.key = "url",
            .required = true,
            .meaning = "Where CloudEvents are posted; https, or http on this machine."},
    Setting{.key = "secrets_file",
            .type = Type::path,
            .required = true,
            .meaning = "Private file with a secret a line, the newest first; read for each batch."},
    Setting{.key = "authorities",
            .type = Type::path,
            .meaning = "Whose certificates are good (PEM); empty: the system's authorities."},
    Setting{.key = "batch_max",
            .type = Type::integer,
            .fallback = "100",
            .least = 1,
            .most = 1000,
            .meaning = "Events in one request."},
    Setting{.key = "answer_seconds",
            .type = Type::integer,
            .fallback = "30",
            .least = 1,
            .most = 600,
            .unit = "seconds",
            .meaning = "How long an answer may take."},
    Setting{.key = "person",
            .type = Type::boolean,
            .fallback = "false",
            .meaning = "Whether names and identifiers of customers go with the events."},
};

constexpr std::array tryton = {
    Setting{.key = "name",
            .required = true,
            .meaning = "For logs, and for what was handed over: it must not change."},
    Setting{.key = "url",
            .required = true,
            .meaning = "Of the server, without the database; https, or http on this machine."},
    Setting{.key = "database", .required = true, .meaning = "Its database."},
    Setting{.key = "user",
            .required = true,
            .meaning = "A user of the groups Sales, Stock, Marketing and Party Administration."},
    Setting{.key = "password_file",
            .type = Type::path,
            .required = true,
            .meaning = "Private file with the user's password."},
    Setting{.key = "authorities",
            .type = Type::path,
            .meaning = "Whose certificates are good (PEM); empty: the system's authorities."},
    Setting{.key = "settle_seconds",
            .type = Type::integer,
            .fallback = "5",
            .least = 1,
            .most = 3600,
            .unit = "seconds",
            .meaning =
                "How long it may go on with a request whose answer was lost; waited out before "
                "anything is sent again."},
    Setting{.key = "list",
            .fallback = "Newsletter",
            .meaning = "The mailing list of customers who agreed to be written to."},
    Setting{.key = "country",
            .fallback = "GB",
            .meaning = "ISO 3166-1 code; phone numbers without \"+\" are of this country."},
};

constexpr std::array<std::string_view, 4> levels = {"debug", "info", "warning", "error"};
constexpr std::array logging = {
    Setting{.key = "level", .fallback = "info", .choices = levels, .meaning = "What is logged."},
};

constexpr std::array sections = {
    Section{"listen", false, listen, "Where devices and administrators find this gateway."},
    Section{"enrolment", false, enrolment, "How devices become known."},
    Section{"storage", false, storage, "What the centre holds."},
    Section{"customers", false, customers, "What goes down to the tills of customers."},
    Section{"ledger", false, ledger, "Where events, devices and codes are kept."},
    Section{"metrics", false, metrics, "For monitoring (Prometheus) and load balancers."},
    Section{"webhook", true, webhook,
            "A CRM, or any server, that is told what happens in the shops."},
    Section{"tryton", true, tryton,
            "A Tryton (6.0) that has customers, sales, consents and stock."},
    Section{"log", false, logging, "Structured log lines on standard error; never personal data."},
};

LogLevel level(std::string_view text) {
    if (text == "debug") return LogLevel::debug;
    if (text == "warning") return LogLevel::warning;
    return text == "error" ? LogLevel::error : LogLevel::info;
}

/// Names of customers must not cross a network that others can read.
bool is_private(std::string_view url) {
    if (url.starts_with("https://")) return true;
    for (const std::string_view here : {"http://127.0.0.1", "http://localhost", "http://[::1]"}) {
        if (!url.starts_with(here)) continue;
        const auto rest = url.substr(here.size());
        if (rest.empty() || rest[0] == ':' || rest[0] == '/') return true;
    }
    return false;
}

Error connector_fault(std::string_view file_name, const std::string& key, const std::string& value,
                      std::string_view allowed) {
    return {Errc::malformed, std::string{file_name} + ": " + key + ": \"" + value
                                 + "\" (allowed: " + std::string{allowed} + ")"};
}

Result<void> read_trytons(const config::Settings& settings, std::string_view file_name,
                          GatewaySettings& into) {
    for (const auto& row : settings.rows("tryton")) {
        GatewaySettings::TrytonSettings one{.name = row.text("name"),
                                            .url = row.text("url"),
                                            .database = row.text("database"),
                                            .user = row.text("user"),
                                            .list = row.text("list"),
                                            .country = row.text("country"),
                                            .password_file = row.text("password_file"),
                                            .authorities = row.text("authorities")};
        one.settle = std::chrono::seconds{row.integer("settle_seconds")};
        while (one.url.ends_with('/')) one.url.pop_back();
        if (!is_private(one.url))
            return connector_fault(file_name, "tryton.url", one.url,
                                   "https://…, or http:// on this machine");
        const auto has_name = [&](const auto& other) { return other.name == one.name; };
        if (std::ranges::any_of(into.webhooks, has_name)
            || std::ranges::any_of(into.trytons, has_name))
            return connector_fault(file_name, "tryton.name", one.name, "each name once");
        into.trytons.push_back(std::move(one));
    }
    return {};
}

Result<std::vector<GatewaySettings::WebhookSettings>> read_webhooks(
    const config::Settings& settings, std::string_view file_name) {
    std::vector<GatewaySettings::WebhookSettings> webhooks;
    for (const auto& row : settings.rows("webhook")) {
        GatewaySettings::WebhookSettings one{.name = row.text("name"),
                                             .url = row.text("url"),
                                             .secrets_file = row.text("secrets_file"),
                                             .authorities = row.text("authorities")};
        one.batch_max = static_cast<std::size_t>(row.integer("batch_max"));
        one.answer_limit = std::chrono::seconds{row.integer("answer_seconds")};
        one.person = row.boolean("person");
        if (!is_private(one.url))
            return connector_fault(file_name, "webhook.url", one.url,
                                   "https://…, or http:// on this machine");
        const auto has_name = [&](const auto& other) { return other.name == one.name; };
        if (std::ranges::any_of(webhooks, has_name))
            return connector_fault(file_name, "webhook.name", one.name, "each name once");
        webhooks.push_back(std::move(one));
    }
    return webhooks;
}

}  // namespace

config::Schema gateway_schema() { return sections; }

Result<GatewaySettings> parse_gateway_settings(std::string_view toml, std::string_view file_name) {
    TILL_TRY(const auto settings, config::Settings::parse(sections, toml, file_name));
    const auto& l = settings.section("listen");
    const auto& e = settings.section("enrolment");
    GatewaySettings parsed;
    parsed.address = l.text("address");
    parsed.port = static_cast<std::uint16_t>(l.integer("port"));
    parsed.server_name = l.text("server_name");
    parsed.public_host = l.text("public_host");
    parsed.loops = static_cast<unsigned>(l.integer("loops"));
    parsed.connections_max = static_cast<std::size_t>(l.integer("connections_max"));
    parsed.strangers_max = static_cast<std::size_t>(l.integer("strangers_max"));
    parsed.code_life = std::chrono::hours{e.integer("code_life_hours")};
    parsed.certificate_life = std::chrono::hours{24 * e.integer("certificate_life_days")};
    parsed.generations = static_cast<std::uint32_t>(e.integer("generations"));
    parsed.backup_age = std::chrono::hours{settings.section("storage").integer("backup_age_hours")};
    parsed.keep = std::chrono::days{settings.section("storage").integer("keep_days")};
    parsed.customers_everywhere =
        std::chrono::days{settings.section("customers").integer("everywhere_days")};
    const auto& ledger = settings.section("ledger");
    parsed.ledger_url = ledger.text("url");
    parsed.projects = ledger.boolean("projects");
    if (!parsed.ledger_url.empty()) {
        const auto address = PostgresAddress::parse(parsed.ledger_url);
        if (!address)
            return Error{Errc::malformed, std::string{file_name} + ": ledger.url: is "
                                              + address.error().detail
                                              + " (allowed: " + address.error().allowed + ")"};
        parsed.ledger = *address;
    } else if (!parsed.projects) {
        return Error{Errc::malformed, std::string{file_name}
                                          + ": ledger.projects: a gateway with a ledger of its own "
                                            "must project it (allowed: true)"};
    }
    const auto& metrics_page = settings.section("metrics");
    parsed.metrics_address = metrics_page.text("address");
    parsed.metrics_port = static_cast<std::uint16_t>(metrics_page.integer("port"));
    TILL_TRY(parsed.webhooks, read_webhooks(settings, file_name));
    TILL_TRY_VOID(read_trytons(settings, file_name, parsed));
    parsed.log_level = level(settings.section("log").text("level"));
    return parsed;
}

}  // namespace till::sync
