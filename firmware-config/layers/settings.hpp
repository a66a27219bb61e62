#pragma once

#include "agent/core/decimal.hpp"
#include "agent/core/result.hpp"
#include "firmware-config/layers/schema.hpp"

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace till::config {

/// The checked values of one section. Reading a key that the schema does not have, or as another
/// type, is a bug and ends the process.
class Values {
public:
    const std::string& text(std::string_view key) const;  ///< Also decimal and path settings.
    Decimal decimal(std::string_view key) const;
    std::int64_t integer(std::string_view key) const;
    bool boolean(std::string_view key) const;
    bool is_set(std::string_view key) const;  ///< Written in the file, not filled from the default.
    unsigned line(std::string_view key) const;  ///< Where the file says it; 0 when it does not.

private:
    friend struct Parser;
    struct Value {
        std::variant<std::string, std::int64_t, bool> value;
        bool set = false;
        unsigned line = 0;
    };
    const Value& at(std::string_view key) const;
    std::map<std::string, Value, std::less<>> values_;
};

/// All sections of a settings file, checked against its schema.
class Settings {
public:
    /// Parses TOML. On failure every fault is listed in `detail`, one a line, as
    /// "file:line: section.key: what is wrong (allowed: …)": syntax, unknown sections and keys (with
    /// the nearest known name), wrong types, values out of range, missing required keys.
    static Result<Settings> parse(Schema schema, std::string_view toml, std::string_view file_name);

    /// The section of that name; one that is not in the file has its defaults.
    const Values& section(std::string_view name) const;
    const std::vector<Values>& rows(std::string_view name) const;  ///< Of a repeated section.

private:
    std::map<std::string, std::vector<Values>, std::less<>> sections_;
    friend struct Parser;
};

}  // namespace till::config
