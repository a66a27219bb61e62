#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace till::config {

/// What a setting's value is. Everything is written as TOML 1.0 in the settings file.
enum class Type : std::uint8_t {
    text,     ///< A string. `choices`, when given, are all that is allowed.
    decimal,  ///< A string holding an exact decimal number ("0.05"): money and rates.
    integer,  ///< A whole number from `least` to `most`.
    boolean,
    path,  ///< A string; relative paths count from the settings file's folder.
};

/// When a changed value takes effect.
enum class Effect : std::uint8_t { live, restart };

/// Who may set it: only the file on the device, or central IT as well.
enum class Origin : std::uint8_t { local, remote };

/// One row of the settings table.
struct Setting {
    std::string_view key;
    Type type = Type::text;
    std::string_view fallback = {};  ///< The default, as it would be written; empty: none.
    bool required = false;
    std::int64_t least = 0;
    std::int64_t most = INT64_MAX;
    std::span<const std::string_view> choices = {};
    Effect effect = Effect::restart;
    Origin origin = Origin::local;
    std::string_view since = "0.1";
    std::string_view unit = {};     ///< "ms", "bytes": shown in the sample file.
    std::string_view meaning = {};  ///< One sentence for the sample file.
};

/// A TOML table of settings: `[name]` once, or `[[name]]` any number of times.
struct Section {
    std::string_view name;
    bool repeated = false;
    std::span<const Setting> settings;
    std::string_view meaning = {};
};

using Schema = std::span<const Section>;

/// A settings file with every setting, its meaning, range and default, all commented out but what
/// is required. Deterministic; parsing it (with the required values filled in) succeeds.
std::string sample_file(Schema schema, std::string_view heading);

}  // namespace till::config
