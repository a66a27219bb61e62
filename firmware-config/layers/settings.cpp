#include "firmware-config/layers/settings.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace till::config {

const Values::Value& Values::at(std::string_view key) const {
    const auto found = values_.find(key);
    if (found == values_.end()) std::abort();  // A key the schema lacks: a bug, not a setting.
    return found->second;
}

const std::string& Values::text(std::string_view key) const {
    return std::get<std::string>(at(key).value);
}
Decimal Values::decimal(std::string_view key) const {
    return Decimal::parse(text(key)).value_or(Decimal{});
}
std::int64_t Values::integer(std::string_view key) const {
    return std::get<std::int64_t>(at(key).value);
}
bool Values::boolean(std::string_view key) const { return std::get<bool>(at(key).value); }
bool Values::is_set(std::string_view key) const { return at(key).set; }
unsigned Values::line(std::string_view key) const { return at(key).line; }

namespace {

/// Edits between two words, for "did you mean".
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] =
                std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

template <class Items, class Name>
std::string nearest(std::string_view wrong, const Items& items, Name name) {
    std::string_view best;
    std::size_t best_distance = 4;
    for (const auto& item : items)
        if (const auto d = distance(wrong, name(item)); d < best_distance)
            best = name(item), best_distance = d;
    return best.empty() ? std::string{} : "; did you mean \"" + std::string{best} + "\"?";
}

std::string joined(std::span<const std::string_view> choices) {
    std::string text;
    for (const auto choice : choices)
        text += (text.empty() ? "\"" : ", \"") + std::string{choice} + '"';
    return text;
}

}  // namespace

struct Parser {
    std::string_view file;
    std::string faults;

    void fault(const toml::source_region& at, const std::string& path, const std::string& what,
               const std::string& allowed = {}) {
        faults +=
            std::string{file} + ":" + std::to_string(at.begin.line) + ": " + path + ": " + what;
        if (!allowed.empty()) faults += " (allowed: " + allowed + ")";
        faults += '\n';
    }

    bool read(const Setting& setting, const toml::node& node, const std::string& path,
              Values::Value& into) {
        into.set = true;
        into.line = node.source().begin.line;
        if (setting.type == Type::integer) {
            const auto* number = node.as_integer();
            if (!number) return fault(node.source(), path, "not a whole number"), false;
            if (number->get() < setting.least || number->get() > setting.most)
                return fault(node.source(), path,
                             std::to_string(number->get()) + " is out of range",
                             std::to_string(setting.least) + " to " + std::to_string(setting.most)),
                       false;
            into.value = number->get();
            return true;
        }
        if (setting.type == Type::boolean) {
            const auto* flag = node.as_boolean();
            if (!flag) return fault(node.source(), path, "not a boolean", "true, false"), false;
            into.value = flag->get();
            return true;
        }
        const auto* text = node.as_string();
        if (!text)
            return fault(node.source(), path, "not a string", "text in double quotes"), false;
        if (setting.required && text->get().empty())
            return fault(node.source(), path, "must not be empty"), false;
        if (!setting.choices.empty()
            && std::ranges::find(setting.choices, text->get()) == setting.choices.end())
            return fault(node.source(), path, "\"" + text->get() + "\" is not known",
                         joined(setting.choices)),
                   false;
        if (setting.type == Type::decimal && !Decimal::parse(text->get()))
            return fault(node.source(), path, "not a decimal number", "text such as \"0.05\""),
                   false;
        into.value = text->get();
        return true;
    }

    static Values::Value fallback(const Setting& setting) {
        const std::string text{setting.fallback};
        if (setting.type == Type::integer) return {text.empty() ? setting.least : std::stoll(text)};
        if (setting.type == Type::boolean) return {text == "true"};
        return {text};
    }

    Values read(const Section& section, const toml::table* table, const toml::source_region& at,
                bool present) {
        Values values;
        const std::string prefix = std::string{section.name} + ".";
        for (const Setting& setting : section.settings) {
            auto& value = values.values_.emplace(setting.key, fallback(setting)).first->second;
            const toml::node* node = table ? table->get(setting.key) : nullptr;
            if (node)
                read(setting, *node, prefix + std::string{setting.key}, value);
            else if (setting.required && (present || !section.repeated))
                fault(at, prefix + std::string{setting.key}, "is missing");
        }
        if (!table) return values;
        for (const auto& [key, node] : *table)
            if (std::ranges::find(section.settings, key.str(), &Setting::key)
                == section.settings.end())
                fault(node.source(), prefix + std::string{key.str()},
                      "unknown setting"
                          + nearest(key.str(), section.settings,
                                    [](const Setting& s) { return s.key; }));
        return values;
    }

    std::vector<Values> read(const Section& section, const toml::node* node) {
        std::vector<Values> rows;
        const std::string name{section.name};
        if (!section.repeated) {
            if (node && !node->is_table())
                fault(node->source(), name, "must be a table", "[" + name + "]");
            rows.push_back(read(section, node ? node->as_table() : nullptr,
                                node ? node->source() : toml::source_region{}, node));
            return rows;
        }
        if (!node) return rows;
        const auto* array = node->as_array();
        if (!array || !array->is_homogeneous(toml::node_type::table)) {
            fault(node->source(), name, "must be a list of tables", "[[" + name + "]]");
            return rows;
        }
        for (const auto& row : *array)
            rows.push_back(read(section, row.as_table(), row.source(), true));
        return rows;
    }
};

Result<Settings> Settings::parse(Schema schema, std::string_view toml, std::string_view file_name) {
    Parser parser{file_name, {}};
    toml::table document;
    try {
        document = toml::parse(toml, file_name);
    } catch (const toml::parse_error& error) {  // toml++'s own way to fail; it goes no further.
        parser.fault(error.source(), "syntax", std::string{error.description()});
        return Error{Errc::malformed, parser.faults};
    }
    Settings settings;
    for (const Section& section : schema)
        settings.sections_.emplace(section.name, parser.read(section, document.get(section.name)));
    for (const auto& [key, node] : document)
        if (std::ranges::find(schema, key.str(), &Section::name) == schema.end())
            parser.fault(node.source(), std::string{key.str()},
                         "unknown section"
                             + nearest(key.str(), schema, [](const Section& s) { return s.name; }));
    if (!parser.faults.empty()) return Error{Errc::malformed, parser.faults};
    return settings;
}

const Values& Settings::section(std::string_view name) const { return rows(name).front(); }

const std::vector<Values>& Settings::rows(std::string_view name) const {
    const auto found = sections_.find(name);
    if (found == sections_.end()) std::abort();
    return found->second;
}

}  // namespace till::config
