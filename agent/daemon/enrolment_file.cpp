#include "agent/daemon/enrolment_file.hpp"

#include "agent/core/base64.hpp"
#include "firmware-config/layers/settings.hpp"

#include <array>

namespace till {

namespace {

using config::Section;
using config::Setting;
using config::Type;

constexpr Setting number(std::string_view key, std::int64_t most) {
    return {.key = key, .type = Type::integer, .required = true, .least = 0, .most = most};
}
constexpr Setting words(std::string_view key) { return {.key = key, .required = true}; }

constexpr std::array device = {words("id"), words("store"), words("workstation"),
                               number("first_generation", UINT32_MAX),
                               number("last_generation", UINT32_MAX)};
constexpr std::array centre = {words("host"), number("port", 65535), words("server_name"),
                               words("authorities")};
constexpr std::array sealing_key = {number("id", UINT32_MAX), words("public_key")};
constexpr std::array sections = {Section{"device", false, device}, Section{"centre", false, centre},
                                 Section{"sealing_key", true, sealing_key}};

/// A TOML basic string. What comes from the centre may hold any byte.
std::string toml_string(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '\n') {
            out += "\\n";
        } else if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (code < 0x20 || code == 0x7f) {
            out += "\\u00";
            out += digits[code >> 4];
            out += digits[code & 15];
        } else {
            out += c;
        }
    }
    return out + '"';
}

Result<sync::Enrolment> assemble(const config::Settings& file) {
    const auto& own = file.section("device");
    const auto& gateway = file.section("centre");
    TILL_TRY(const Uuid id, Uuid::parse(own.text("id")));
    TILL_TRY(auto name, sync::ServerName::parse(gateway.text("server_name")));
    std::vector<SealingKey> keys;
    for (const auto& row : file.rows("sealing_key")) {
        TILL_TRY(Bytes key, unbase64url(row.text("public_key")));
        keys.push_back(SealingKey{static_cast<std::uint32_t>(row.integer("id")), std::move(key)});
    }
    if (keys.empty()) return Error{Errc::corrupt, "it has no sealing key"};
    const auto generation = [&](std::string_view key) {
        return Generation{static_cast<std::uint32_t>(own.integer(key))};
    };
    return sync::Enrolment{{gateway.text("host"),
                            static_cast<std::uint16_t>(gateway.integer("port")), std::move(name)},
                           DeviceId{id},
                           own.text("store"),
                           own.text("workstation"),
                           generation("first_generation"),
                           generation("last_generation"),
                           gateway.text("authorities"),
                           std::move(keys)};
}

}  // namespace

std::string enrolment_text(const sync::Enrolment& enrolment) {
    const auto line = [](std::string_view key, const std::string& value) {
        return std::string{key} + " = " + value + "\n";
    };
    std::string text = "# Written by till-agent enrol. Do not edit.\n\n[device]\n";
    text += line("id", toml_string(enrolment.device.value().text()));
    text += line("store", toml_string(enrolment.store));
    text += line("workstation", toml_string(enrolment.workstation));
    text += line("first_generation", std::to_string(enrolment.first_generation.value()));
    text += line("last_generation", std::to_string(enrolment.last_generation.value()));
    text += "\n[centre]\n";
    text += line("host", toml_string(enrolment.gateway.host));
    text += line("port", std::to_string(enrolment.gateway.port));
    text += line("server_name", toml_string(enrolment.gateway.name.text()));
    text += line("authorities", toml_string(enrolment.server_ca_pem));
    for (const auto& key : enrolment.sealing_keys) {
        text += "\n[[sealing_key]]\n";
        text += line("id", std::to_string(key.id));
        text += line("public_key", toml_string(base64url(key.public_key)));
    }
    return text;
}

Result<sync::Enrolment> parse_enrolment(std::string_view text, std::string_view file_name) {
    const auto file = config::Settings::parse(sections, text, file_name);
    if (!file) return Error{Errc::corrupt, file.error().detail};
    auto enrolment = assemble(*file);
    if (!enrolment)
        return Error{Errc::corrupt, std::string{file_name} + ": " + enrolment.error().detail};
    return enrolment;
}

}  // namespace till
