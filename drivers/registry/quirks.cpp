#include "drivers/registry/quirks.hpp"

#include "embedded/device_quirks.hpp"

#include <toml++/toml.h>
#include <stdexcept>

namespace till::drivers {

namespace {

Result<std::uint16_t> id_of(const toml::node_view<const toml::node>& node,
                            const std::string& field) {
    const auto number = node.value<std::int64_t>();
    if (!number || *number < 0 || *number > 0xffff)
        return Error{Errc::malformed, "not a USB id", field, "0x0000 to 0xffff"};
    return static_cast<std::uint16_t>(*number);
}

Result<Quirk> row_of(const toml::table& table, const std::string& at) {
    Quirk row;
    TILL_TRY(row.vid, id_of(table["vid"], at + ".vid"));
    if (table.contains("pid")) { TILL_TRY(row.pid, id_of(table["pid"], at + ".pid")); }
    if (const auto layout = table["wedge"].value<std::string>()) {
        row.wedge = find_keyboard_layout(*layout);
        if (!row.wedge)
            return Error{Errc::malformed, "no such keyboard", at + ".wedge", "us, uk, de"};
    }
    row.serial = table["serial"].value_or(false);
    const auto dialect = find_serial_dialect(table["dialect"].value_or(std::string{"none"}));
    if (!dialect)
        return Error{Errc::malformed, "no such dialect", at + ".dialect",
                     "none, honeywell_menu, zebra_ssi"};
    row.dialect = *dialect;
    row.ignore = table["ignore"].value_or(false);
    return row;
}

}  // namespace

Quirks Quirks::builtin() {
    auto quirks = parse(embedded::device_quirks("quirks.toml"));
    if (!quirks) throw std::logic_error{"quirks.toml: " + quirks.error().detail};
    return *std::move(quirks);
}

Result<Quirks> Quirks::parse(std::string_view text) {
    Quirks quirks;
    try {
        const toml::table table = toml::parse(text);
        const auto* const rows = table["device"].as_array();
        for (std::size_t i = 0; rows != nullptr && i < rows->size(); ++i) {
            const std::string at = "device[" + std::to_string(i) + "]";
            const auto* const row = rows->get(i)->as_table();
            if (row == nullptr) return Error{Errc::malformed, "not a table", at};
            TILL_TRY(quirks.rows_.emplace_back(), row_of(*row, at));
        }
    } catch (const toml::parse_error& failed) {
        return Error{Errc::malformed, std::string{failed.description()}};
    }
    return quirks;
}

Quirk Quirks::find(std::uint16_t vid, std::uint16_t pid) const {
    for (const Quirk& row : rows_)
        if (row.vid == vid && row.pid.value_or(pid) == pid) return row;
    return {.vid = vid, .pid = pid, .wedge = {}};
}

}  // namespace till::drivers
