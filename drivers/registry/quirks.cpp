#include "drivers/registry/quirks.hpp"

#include "embedded/device_quirks.hpp"

#include <toml++/toml.h>
#include <algorithm>
#include <fstream>
#include <iterator>
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

Result<DisplayModel> display_of(const toml::table& table, const std::string& at) {
    if (table["display"].value_or(std::string{}) != "escpos")
        return Error{Errc::malformed, "no such display", at + ".display", "escpos"};
    DisplayModel model;
    model.charset = table["charset"].value_or(model.charset);
    if (const auto text = DisplayText::make(model); !text)
        return Error{Errc::malformed, text.error().detail, at + ".charset",
                     "CP437, CP950 (Big5), GB18030, CP949, …"};
    const auto number = [&](const char* key, int otherwise, int most) -> Result<int> {
        const auto found = table[key].value_or(std::int64_t{otherwise});
        if (found >= 0 && found <= most) return static_cast<int>(found);
        return Error{Errc::malformed, "not such a number", at + "." + key,
                     "0 to " + std::to_string(most)};
    };
    if (table.contains("code_page")) {
        TILL_TRY(const int page, number("code_page", 0, 255));
        model.code_page = static_cast<std::uint8_t>(page);
    }
    TILL_TRY(const int columns, number("columns", 20, 80));
    TILL_TRY(const int rows, number("rows", 2, 8));
    model.columns = static_cast<std::size_t>(columns);
    model.rows = static_cast<std::size_t>(rows);
    return model;
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
    const auto word = [&](const char* key, const char* otherwise) {
        return table[key].value_or(std::string{otherwise});
    };
    if (table.contains("printer") && word("printer", "") != "escpos")
        return Error{Errc::malformed, "no such printer", at + ".printer", "escpos"};
    row.printer = table.contains("printer");
    if (table.contains("display")) { TILL_TRY(row.display, display_of(table, at)); }
    const std::string open = word("drawer_open", "low");
    if (open != "low" && open != "high")
        return Error{Errc::malformed, "no such level", at + ".drawer_open", "low, high"};
    row.drawer = open == "low" ? DrawerSwitch::open_is_low : DrawerSwitch::open_is_high;
    row.ignore = table["ignore"].value_or(false);
    return row;
}

}  // namespace

Quirks Quirks::builtin() {
    auto quirks = parse(embedded::device_quirks("quirks.toml"));
    if (!quirks) throw std::logic_error{"quirks.toml: " + quirks.error().detail};
    return *std::move(quirks);
}

Result<Quirks> Quirks::with(const std::filesystem::path& file) {
    if (file.empty()) return builtin();
    std::ifstream in{file, std::ios::binary};
    if (!in) return Error{Errc::not_found, "cannot be read"};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    TILL_TRY(Quirks quirks, parse(text));
    Quirks known = builtin();
    std::ranges::move(known.rows_, std::back_inserter(quirks.rows_));
    return quirks;
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

void Quirks::leave_printers() {
    for (Quirk& row : rows_) row.printer = false;
}

Quirk Quirks::find(std::uint16_t vid, std::uint16_t pid) const {
    for (const Quirk& row : rows_)
        if (row.vid == vid && row.pid.value_or(pid) == pid) return row;
    return {.vid = vid, .pid = pid, .wedge = {}, .display = {}};
}

}  // namespace till::drivers
