#include "drivers/decode/dictionary.hpp"
#include "drivers/decode/linters.hpp"

#include <algorithm>
#include <charconv>

namespace till::drivers {

namespace {

constexpr std::size_t value_length_max = 90;  // Of AIs 91 to 99, the longest there are.

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::vector<std::string_view> words(std::string_view line) {
    std::vector<std::string_view> found;
    for (auto at = line.find_first_not_of(" \t"); at != std::string_view::npos;
         at = line.find_first_not_of(" \t", at)) {
        const auto end = std::min(line.find_first_of(" \t", at), line.size());
        found.push_back(line.substr(at, end - at));
        at = end;
    }
    return found;
}

bool is_ai(std::string_view text) {
    return text.size() >= 2 && text.size() <= 4 && std::ranges::all_of(text, lint::is_digit);
}

Error wrong(std::string what) { return Error{Errc::malformed, std::move(what)}; }

/// "01" or "35nn".
Result<AiPattern> read_pattern(std::string_view text) {
    const auto digits = text.substr(0, text.find('n'));
    if (text.size() < 2 || text.size() > 4 || digits.empty()
        || !std::ranges::all_of(digits, lint::is_digit)
        || text.find_first_not_of('n', digits.size()) != std::string_view::npos)
        return wrong("not an AI or pattern: " + std::string{text});
    return AiPattern{std::string{digits}, text.size()};
}

Linter charset_of(char letter) {
    switch (letter) {
        case 'N':
            return lint::csetnumeric;
        case 'X':
            return lint::csetx;
        case 'Y':
            return lint::csety;
        case 'Z':
            return lint::csetz;
        default:
            return nullptr;
    }
}

Result<void> read_attribute(std::string_view word, AiEntry& entry) {
    const auto equals = word.find('=');
    const auto key = word.substr(0, equals);
    const auto value =
        equals == std::string_view::npos ? std::string_view{} : word.substr(equals + 1);
    if (equals != std::string_view::npos && value.empty())
        return wrong("nothing after " + std::string{key} + "=");
    if (key == "req") {
        AiRequirement requirement{std::string{value}, {}};
        for (const auto group : split(value, ',')) {
            auto& members = requirement.any_of.emplace_back();
            for (const auto member : split(group, '+')) {
                TILL_TRY(auto pattern, read_pattern(member));
                members.push_back(std::move(pattern));
            }
        }
        entry.requirements.push_back(std::move(requirement));
    } else if (key == "ex") {
        for (const auto member : split(value, ',')) {
            TILL_TRY(auto pattern, read_pattern(member));
            entry.exclusions.push_back(std::move(pattern));
        }
    } else if (key == "dlpkey") {
        entry.is_key = true;
        if (value.empty()) return {};
        for (const auto order : split(value, '|')) {
            auto& qualifiers = entry.qualifiers.emplace_back();
            for (const auto ai : split(order, ',')) {
                if (!is_ai(ai)) return wrong("not an AI: " + std::string{ai});
                qualifiers.emplace_back(ai);
            }
        }
    }
    return {};  // An attribute of a later release says nothing to this one.
}

}  // namespace

/// Builds a Dictionary from its text.
class DictionaryReader {
public:
    Result<Dictionary> read(std::string_view text) {
        std::size_t number = 0;
        for (auto line : split(text, '\n')) {
            ++number;
            if (line.ends_with('\r')) line.remove_suffix(1);
            if (auto done = read_line(line); !done) {
                done.error().detail =
                    "line " + std::to_string(number) + ": " + std::move(done.error().detail);
                return std::move(done.error());
            }
        }
        if (out_.entries_.empty()) return wrong("no Application Identifiers in it");
        add_stand_ins();
        return std::move(out_);
    }

private:
    Result<void> read_line(std::string_view line) {
        if (line.starts_with('#')) {
            constexpr std::string_view release = "# Release: ";
            if (line.starts_with(release)) out_.release_ = line.substr(release.size());
            return {};
        }
        const auto hash = line.find('#');
        auto fields = words(line.substr(0, hash));
        if (fields.empty()) return {};
        AiEntry entry;
        if (hash != std::string_view::npos) {
            const auto title = line.find_first_not_of(" \t", hash + 1);
            if (title != std::string_view::npos) {
                entry.title = line.substr(title);
                entry.title.resize(entry.title.find_last_not_of(" \t") + 1);
            }
        }
        const auto range = fields.front();
        fields.erase(fields.begin());
        if (!fields.empty() && !std::isalnum(static_cast<unsigned char>(fields[0][0]))
            && fields[0][0] != '[') {
            entry.needs_separator = fields[0].find('*') == std::string_view::npos;
            entry.may_be_attribute = fields[0].find('?') != std::string_view::npos;
            fields.erase(fields.begin());
        }
        for (const auto field : fields) TILL_TRY_VOID(read_field(field, entry));
        if (entry.components.empty()) return wrong("no specification");
        return add_range(range, std::move(entry));
    }

    Result<void> read_field(std::string_view field, AiEntry& entry) {
        const bool component = field[0] == '[' || (field.size() > 1 && charset_of(field[0]));
        if (!component) return read_attribute(field, entry);
        const auto parts = split(field, ',');
        TILL_TRY(auto read, read_component(parts[0]));
        if (!entry.components.empty()) {
            const auto& before = entry.components.back();
            if (before.min != before.max)
                return wrong("only the last component may vary in length");
            if (before.optional && !read.optional)
                return wrong("a mandatory component follows an optional one");
        }
        for (std::size_t i = 1; i < parts.size(); ++i) add_linter(parts[i], read);
        entry.length_min += read.optional ? 0 : read.min;
        entry.length_max += read.max;
        if (entry.length_max > value_length_max) return wrong("the value is too long");
        entry.components.push_back(std::move(read));
        return {};
    }

    static Result<AiComponent> read_component(std::string_view text) {
        const std::string whole{text};
        AiComponent component;
        if (text.starts_with('[')) {
            if (!text.ends_with(']')) return wrong("no ']' in " + whole);
            component.optional = true;
            text = text.substr(1, text.size() - 2);
        }
        if (text.size() < 2 || !charset_of(text[0])) return wrong("unknown format " + whole);
        component.charset = charset_of(text[0]);
        text.remove_prefix(1);
        const bool variable = text.starts_with("..");
        if (variable) text.remove_prefix(2);
        unsigned length = 0;
        const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), length);
        if (bad != std::errc{} || end != text.data() + text.size() || length == 0
            || length > value_length_max)
            return wrong("no good length in " + whole);
        component.max = static_cast<std::uint8_t>(length);
        component.min = variable ? std::uint8_t{1} : component.max;
        return component;
    }

    void add_linter(std::string_view name, AiComponent& component) {
        if (const auto linter = find_linter(name)) {
            component.linters.push_back(linter);
        } else if (std::ranges::find(out_.unknown_linters_, name) == out_.unknown_linters_.end()) {
            out_.unknown_linters_.emplace_back(name);
        }
    }

    Result<void> add_range(std::string_view range, AiEntry entry) {
        const auto dash = range.find('-');
        const auto first = range.substr(0, dash);
        const auto last = dash == std::string_view::npos ? first : range.substr(dash + 1);
        const auto stem = first.substr(0, first.size() - std::min<std::size_t>(1, first.size()));
        if (!is_ai(first) || !is_ai(last) || first.size() != last.size() || !last.starts_with(stem)
            || first > last)
            return wrong("not an AI or range of AIs: " + std::string{range});
        for (char digit = first.back(); digit <= last.back(); ++digit) {
            entry.ai = std::string{stem} + digit;
            TILL_TRY_VOID(add(entry));
        }
        return {};
    }

    Result<void> add(const AiEntry& entry) {
        const auto prefix =
            static_cast<std::size_t>(lint::digit(entry.ai[0]) * 10 + lint::digit(entry.ai[1]));
        auto& length = out_.ai_length_[prefix];
        if (length != 0 && length != entry.ai.size())
            return wrong("AI " + entry.ai + " is not as long as others that begin alike");
        length = static_cast<std::uint8_t>(entry.ai.size());
        auto padded = entry.ai;
        padded.resize(4, '0');
        const auto place = std::stoul(padded);
        if (out_.index_.empty()) out_.index_.resize(10'000);
        if (out_.index_[place] != 0) return wrong("AI " + entry.ai + " is there twice");
        out_.entries_.push_back(entry);
        out_.index_[place] = static_cast<std::uint16_t>(out_.entries_.size());
        return {};
    }

    /// One for each length an unknown AI can have, with and without a predefined value length.
    void add_stand_ins() {
        const auto add_one = [&](std::size_t ai_length, std::size_t value_length) {
            AiEntry entry;
            entry.ai.assign(ai_length, '?');
            entry.known = false;
            entry.needs_separator = value_length == 0;
            entry.length_min = value_length == 0 ? 1 : value_length;
            entry.length_max = value_length == 0 ? value_length_max : value_length;
            entry.components.push_back({lint::csetx,
                                        static_cast<std::uint8_t>(entry.length_min),
                                        static_cast<std::uint8_t>(entry.length_max),
                                        false,
                                        {}});
            entry.title = "UNKNOWN";
            out_.stand_ins_.push_back(std::move(entry));
        };
        for (const std::size_t length : {0u, 2u, 3u, 4u}) add_one(length, 0);
        for (const std::size_t value : {2u, 6u, 14u, 16u, 18u}) add_one(2, value);
        add_one(3, 13);
        add_one(4, 6);
    }

    Dictionary out_;
};

Result<Dictionary> Dictionary::parse(std::string_view text) {
    return DictionaryReader{}.read(text);
}

}  // namespace till::drivers
