#include "agent/tillctl/answers.hpp"

#include <fmt/format.h>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdio>

namespace till {

namespace {

std::optional<boost::json::value> ask(Result<std::unique_ptr<Client>> client, Exit& outcome,
                                      std::string_view method, const std::string& target,
                                      const std::string& body) {
    if (!client) return outcome = report(client.error()), std::nullopt;
    auto reply = (*client)->call(method, target, body);
    if (!reply) return outcome = report(reply.error()), std::nullopt;
    if (!reply->ok()) return outcome = report(*reply), std::nullopt;
    return std::move(reply->body);
}

std::size_t characters(std::string_view utf8) {
    return static_cast<std::size_t>(
        std::ranges::count_if(utf8, [](char c) { return (c & 0xC0) != 0x80; }));
}

bool is_number(std::string_view cell) {
    return !cell.empty() && cell.find_first_not_of("0123456789.,-+%") == std::string_view::npos;
}

}  // namespace

Exit report(const Error& error) {
    std::fputs(("tillctl: " + error.detail + "\n").c_str(), stderr);
    if (!error.field.empty()) std::fputs(("  field: " + error.field + "\n").c_str(), stderr);
    if (!error.allowed.empty()) std::fputs(("  allowed: " + error.allowed + "\n").c_str(), stderr);
    switch (error.code) {
        case Errc::closed:
        case Errc::timed_out:
            return Exit::unreachable;
        case Errc::forbidden:
        case Errc::not_trusted:
        case Errc::conflict:
            return Exit::refused;
        case Errc::not_found:
            return Exit::no;
        case Errc::malformed:
        case Errc::out_of_range:
            return Exit::usage;
        default:
            return Exit::failed;
    }
}

Exit report(const Reply& refusal) {
    const auto detail = text(refusal.body, "detail");
    Error error{Errc::io, detail.empty() ? fmt::format("answered {}", refusal.status) : detail,
                text(refusal.body, "field"), text(refusal.body, "allowed")};
    if (refusal.status == 401 || refusal.status == 403 || refusal.status == 409)
        error.code = Errc::forbidden;
    if (refusal.status == 404) error.code = Errc::not_found;
    if (refusal.status == 400 || refusal.status == 422) error.code = Errc::malformed;
    return report(error);
}

Result<void> gateway_named(const Common& common) {
    if (!common.gateway.empty()) return {};
    return Error{Errc::malformed,
                 "which gateway? Give --gateway FOLDER (the admin folder that till-gateway init "
                 "made) or set TILL_GATEWAY."};
}

std::optional<boost::json::value> ask_gateway(const Common& common, Exit& outcome,
                                              std::string_view method, const std::string& target,
                                              const std::string& body) {
    if (const auto named = gateway_named(common); !named)
        return outcome = report(named.error()), std::nullopt;
    return ask(open_gateway(common.gateway), outcome, method, target, body);
}

std::optional<boost::json::value> ask_agent(const Common& common, Exit& outcome,
                                            std::string_view method, const std::string& target,
                                            const std::string& body) {
    if (common.agent.empty()) {
        std::fputs("tillctl: which agent? Give --agent FOLDER (its home) or set TILL_AGENT.\n",
                   stderr);
        outcome = Exit::usage;
        return std::nullopt;
    }
    return ask(open_agent(common.agent, "administrator"), outcome, method, target, body);
}

void print_json(const boost::json::value& value) {
    std::puts(boost::json::serialize(value).c_str());
}

std::string text(const boost::json::value& object, std::string_view key) {
    const auto* members = object.if_object();
    const auto* value = members ? members->if_contains(key) : nullptr;
    if (!value || value->is_null()) return {};
    if (const auto* string = value->if_string()) return std::string{*string};
    return boost::json::serialize(*value);
}

boost::json::value member(const boost::json::value& object, std::string_view key) {
    const auto* members = object.if_object();
    const auto* value = members ? members->if_contains(key) : nullptr;
    return value ? *value : boost::json::value{};
}

const boost::json::array& list(const boost::json::value& object, std::string_view key) {
    static const boost::json::array empty;
    const auto* members = object.if_object();
    const auto* value = members ? members->if_contains(key) : nullptr;
    const auto* array = value ? value->if_array() : nullptr;
    return array ? *array : empty;
}

void Table::print() const {
    std::vector<std::size_t> widths;
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths.resize(std::max(widths.size(), i + 1));
            widths[i] = std::max(widths[i], characters(row[i]));
        }
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string padding(widths[i] - characters(row[i]), ' ');
            line += is_number(row[i]) ? padding + row[i] : row[i] + padding;
            line += "  ";
        }
        line.erase(line.find_last_not_of(' ') + 1);
        std::puts(line.c_str());
    }
}

std::string query_value(std::string_view value) {
    std::string escaped;
    for (const char c : value) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
                           || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.'
                           || c == '~';
        escaped +=
            plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return escaped;
}

}  // namespace till
