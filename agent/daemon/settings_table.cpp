#include "agent/daemon/settings.hpp"

#include <array>

namespace till {

namespace {

using config::Effect;
using config::Origin;
using config::Section;
using config::Setting;
using config::Type;

constexpr std::array<std::string_view, 3> tax_roundings = {"line", "rate", "receipt"};
constexpr std::array<std::string_view, 3> roles = {"pos", "stock", "administrator"};
constexpr std::array<std::string_view, 3> modes = {"0600", "0660", "0666"};
constexpr std::array<std::string_view, 4> levels = {"debug", "info", "warning", "error"};

constexpr std::array<std::string_view, 3> switches = {"keep", "on", "off"};
constexpr std::array<std::string_view, 5> volumes = {"keep", "off", "low", "medium", "high"};
constexpr std::array<std::string_view, 3> triggers = {"keep", "manual", "presentation"};
constexpr std::array<std::string_view, 3> parities = {"none", "odd", "even"};
constexpr std::array<std::string_view, 2> flows = {"none", "hardware"};
constexpr std::array<std::string_view, 2> prefixes = {"none", "stx"};
constexpr std::array<std::string_view, 6> suffixes = {"cr", "lf", "crlf", "tab", "etx", "none"};
constexpr std::array<std::string_view, 3> dialects = {"none", "honeywell_menu", "zebra_ssi"};

constexpr std::array store = {
    Setting{.key = "currency",
            .required = true,
            .origin = Origin::remote,
            .meaning = "ISO 4217 code of the currency that the store trades in"},
    Setting{.key = "currency_decimals",
            .type = Type::integer,
            .fallback = "-1",
            .least = -1,
            .most = 4,
            .origin = Origin::remote,
            .meaning = "Decimals it trades with, where they differ from usual; -1 is the usual"},
    Setting{.key = "cash_step",
            .type = Type::decimal,
            .origin = Origin::remote,
            .meaning = "Cash is settled in multiples of this (\"0.05\"); empty does not round"},
    Setting{.key = "time_zone",
            .fallback = "Etc/UTC",
            .origin = Origin::remote,
            .meaning = "IANA name of the store's time zone"},
    Setting{.key = "cut_over_minutes",
            .type = Type::integer,
            .fallback = "0",
            .least = 0,
            .most = 1439,
            .origin = Origin::remote,
            .unit = "minutes",
            .meaning = "Minutes after midnight at which a business day begins by itself"},
    Setting{.key = "country",
            .fallback = "TW",
            .origin = Origin::remote,
            .meaning = "ISO 3166-1 code; phone numbers without \"+\" are of this country"},
    Setting{.key = "drawer", .meaning = "Name of the cash drawer (TillID)"},
    Setting{.key = "default_tax_code",
            .origin = Origin::remote,
            .meaning = "Tax rule of a line that names none; empty is untaxed"},
    Setting{.key = "tax_rounding",
            .fallback = "line",
            .choices = tax_roundings,
            .origin = Origin::remote,
            .meaning = "Where a tax amount is rounded to whole minor units"},
    Setting{.key = "loyalty_prefixes",
            .origin = Origin::remote,
            .meaning = "Digits that only this shop's cards begin with, separated by commas"},
    Setting{.key = "sign_on_required",
            .type = Type::boolean,
            .fallback = "false",
            .origin = Origin::remote,
            .meaning = "Whether a sale needs an operator who is signed on"},
};

constexpr std::array tax_rule = {
    Setting{.key = "code", .required = true, .origin = Origin::remote, .meaning = "TaxRuleID"},
    Setting{.key = "rate",
            .type = Type::decimal,
            .required = true,
            .origin = Origin::remote,
            .meaning = "Per cent: \"20\" is 20 %"},
    Setting{.key = "included",
            .type = Type::boolean,
            .fallback = "true",
            .origin = Origin::remote,
            .meaning = "Whether shelf prices contain the tax"},
};

constexpr std::array limit = {
    Setting{.key = "role",
            .required = true,
            .choices = roles,
            .origin = Origin::remote,
            .meaning = "Whose limit it is"},
    Setting{
        .key = "unreferenced_return_max",
        .type = Type::decimal,
        .origin = Origin::remote,
        .meaning = "Sum of returns in a transaction that name no earlier sale; empty: no limit"},
    Setting{.key = "refund_max",
            .type = Type::decimal,
            .origin = Origin::remote,
            .meaning = "Money handed back in a transaction; empty: no limit"},
    Setting{.key = "discount_percent_max",
            .type = Type::decimal,
            .origin = Origin::remote,
            .meaning = "Discount of a line in per cent; empty: no limit"},
};

constexpr std::array http = {
    Setting{.key = "port",
            .type = Type::integer,
            .fallback = "8480",
            .least = 0,
            .most = 65535,
            .meaning = "Port of the door on 127.0.0.1; 0 lets the kernel choose (see http.port)"},
};

constexpr std::array zmq = {
    Setting{.key = "enabled",
            .type = Type::boolean,
            .fallback = "true",
            .meaning = "Whether to open the ZeroMQ sockets: calls and feed"},
    Setting{.key = "socket", .meaning = "Unix socket for calls; empty: agent.sock in the home"},
    Setting{.key = "feed_socket",
            .meaning = "Unix socket of the feed; empty: feed.sock in the home"},
    Setting{.key = "mode",
            .fallback = "0600",
            .choices = modes,
            .meaning = "Permissions of both. Calls need a token as well; the feed does not"},
};

constexpr std::array journal = {
    Setting{.key = "reserve_mib",
            .type = Type::integer,
            .fallback = "16",
            .least = 0,
            .most = 65536,
            .unit = "MiB",
            .meaning = "Disk space kept free for closing the day; sales stop before it is touched"},
    Setting{.key = "keep_days",
            .type = Type::integer,
            .fallback = "90",
            .least = 0,
            .most = 36500,
            .unit = "days",
            .meaning = "How long events stay on the device after the centre has confirmed them, at "
                       "least (it may ask for longer); their keys and numbers stay for ever. "
                       "0: events do, too"},
};

constexpr std::array customers = {
    Setting{.key = "keep_days",
            .type = Type::integer,
            .fallback = "14",
            .least = 0,
            .most = 400,
            .origin = Origin::remote,
            .unit = "days",
            .meaning =
                "How long customers are known here after the centre was last heard; then they "
                "and the key to them are deleted"},
};

constexpr std::array uplink = {
    Setting{.key = "enabled",
            .type = Type::boolean,
            .fallback = "true",
            .meaning = "Whether to connect to the centre"},
    Setting{.key = "max_offline_days",
            .type = Type::integer,
            .fallback = "400",
            .least = 1,
            .most = 3650,
            .unit = "days",
            .meaning = "How far the clock is believed beyond the newest time the centre gave"},
};

constexpr std::array devices = {
    Setting{.key = "usb",
            .type = Type::boolean,
            .fallback = "false",
            .origin = Origin::remote,
            .meaning = "Whether to read this machine's USB scanners, scales and card readers"},
    Setting{.key = "printers",
            .type = Type::boolean,
            .fallback = "false",
            .origin = Origin::remote,
            .meaning =
                "Whether USB receipt printers are the agent's, for the cash drawers on them; "
                "no other program can print on them then"},
    Setting{.key = "quirks",
            .type = Type::path,
            .meaning =
                "A file with rows like those of drivers/registry/data/quirks.toml, which go "
                "before them: a line display, a drawer whose switch lies the other way round"},
};

constexpr std::array scanners = {
    Setting{.key = "read",
            .origin = Origin::remote,
            .meaning = "Symbologies to switch on, by commas: \"EAN13, EAN8, QR, DM\""},
    Setting{.key = "do_not_read",
            .origin = Origin::remote,
            .meaning = "Symbologies to switch off; what is in neither list stays as it is"},
    Setting{.key = "aim_identifiers",
            .fallback = "keep",
            .choices = switches,
            .origin = Origin::remote,
            .meaning = "Whether each scan begins with what kind of symbol it was"},
    Setting{.key = "beeper",
            .fallback = "keep",
            .choices = volumes,
            .origin = Origin::remote,
            .meaning = "How loud a good scan is"},
    Setting{.key = "trigger",
            .fallback = "keep",
            .choices = triggers,
            .origin = Origin::remote,
            .meaning = "By hand, or whatever is held in front of it"},
};

constexpr std::array serial_scanner = {
    Setting{.key = "port",
            .type = Type::path,
            .required = true,
            .meaning = "The serial line's file, best one of /dev/serial/by-id"},
    Setting{.key = "baud",
            .type = Type::integer,
            .fallback = "9600",
            .least = 300,
            .most = 4000000,
            .meaning = "Its speed; eight data bits, one stop bit"},
    Setting{.key = "parity", .fallback = "none", .choices = parities, .meaning = "Its parity bit"},
    Setting{.key = "flow", .fallback = "none", .choices = flows, .meaning = "RTS/CTS or nothing"},
    Setting{.key = "prefix",
            .fallback = "none",
            .choices = prefixes,
            .meaning = "What a scan begins with on the line"},
    Setting{.key = "suffix",
            .fallback = "cr",
            .choices = suffixes,
            .meaning = "What it ends with; none: a pause"},
    Setting{
        .key = "dialect",
        .fallback = "none",
        .choices = dialects,
        .meaning =
            "How it is told its settings, see [scanners]; zebra_ssi also brings scans in packets"},
};

constexpr std::array logging = {
    Setting{.key = "level", .fallback = "info", .choices = levels, .meaning = "What is logged"},
};

constexpr std::array file_drop = {
    Setting{.key = "folder",
            .type = Type::path,
            .required = true,
            .meaning = "Watched for exports of a point of sale"},
    Setting{.key = "mapping",
            .required = true,
            .meaning = "Name of a mapping that comes with the agent, or the path of one"},
};

constexpr std::array sections = {
    Section{"store", false, store, "The store and this register."},
    Section{"tax_rule", true, tax_rule, "One for each tax rule."},
    Section{"limit", true, limit, "How far a role may go on its own; one for each role."},
    Section{"http", false, http, "The local door for points of sale, on this machine only."},
    Section{"zmq", false, zmq, "The same commands over ZeroMQ, and a feed of what happens."},
    Section{"journal", false, journal, "The device's memory of every sale."},
    Section{"customers", false, customers, "Whom this device recognises without the centre."},
    Section{"uplink", false, uplink, "The connection to the centre."},
    Section{"devices", false, devices, "What is plugged in here."},
    Section{"scanners", false, scanners,
            "Told to each scanner with a language, whenever it is plugged in."},
    Section{"serial_scanner", true, serial_scanner, "A scanner on a serial line; one for each."},
    Section{"log", false, logging, "Structured lines on standard error; never personal data."},
    Section{"file_drop", true, file_drop, "A folder whose CSV files are captured."},
};

}  // namespace

config::Schema agent_schema() { return sections; }

std::string agent_sample() { return config::sample_file(sections, "Settings of till-agent."); }

}  // namespace till
