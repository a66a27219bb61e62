#include "firmware-config/layers/schema.hpp"

namespace till::config {

namespace {

std::string range(const Setting& setting) {
    if (!setting.choices.empty()) {
        std::string text = "one of";
        for (const auto choice : setting.choices) text += " \"" + std::string{choice} + '"';
        return text;
    }
    if (setting.type == Type::boolean) return "true or false";
    if (setting.type != Type::integer) return {};
    std::string text = "from " + std::to_string(setting.least);
    if (setting.most != INT64_MAX) text += " to " + std::to_string(setting.most);
    if (!setting.unit.empty()) text += " " + std::string{setting.unit};
    return text;
}

std::string written(const Setting& setting) {
    const bool bare = setting.type == Type::integer || setting.type == Type::boolean;
    if (bare && !setting.fallback.empty()) return std::string{setting.fallback};
    if (bare) return setting.type == Type::integer ? std::to_string(setting.least) : "false";
    return '"' + std::string{setting.fallback} + '"';
}

std::string entry(const Setting& setting, bool section_optional) {
    std::string text = "# " + std::string{setting.meaning};
    if (const auto allowed = range(setting); !allowed.empty()) text += " (" + allowed + ")";
    text += setting.effect == Effect::live ? "; takes effect at once" : "; takes effect at restart";
    text += setting.origin == Origin::remote ? "; central IT may set it.\n" : ".\n";
    const bool shown = setting.required && !section_optional;
    return text + (shown ? "" : "# ") + std::string{setting.key} + " = " + written(setting) + "\n";
}

}  // namespace

std::string sample_file(Schema schema, std::string_view heading) {
    std::string text = "# " + std::string{heading}
                       + "\n# A line that begins with # is a comment and shows the default.\n";
    for (const Section& section : schema) {
        text += "\n# " + std::string{section.meaning} + "\n";
        const std::string name{section.name};
        text += section.repeated ? "# [[" + name + "]]\n" : "[" + name + "]\n";
        for (const Setting& setting : section.settings) text += entry(setting, section.repeated);
    }
    return text;
}

}  // namespace till::config
