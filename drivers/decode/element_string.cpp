#include "drivers/decode/element_string.hpp"

#include <algorithm>

namespace till::drivers {

namespace {

std::string named(std::string_view ai) { return "AI (" + std::string{ai} + ")"; }

Fault too_many() { return {"Too many AIs"}; }

Fault lint_fault(const Element& element, std::size_t at, std::size_t size, LintFault found) {
    found.position += at;
    const auto& value = element.value;
    std::string markup = "(" + std::string{element.ai} + ")";
    markup += value.substr(0, found.position);
    markup += '|';
    markup += value.substr(found.position, found.length);
    markup += '|';
    // What follows the component is not shown: it was not looked at.
    const auto after = found.position + found.length;
    markup += value.substr(after, at + size - after);
    return {named(element.ai) + ": " + std::string{found.error->sentence}, std::move(markup),
            found.error->name};
}

LintResult lint_component(const AiComponent& component, std::string_view text) {
    if (auto bad = component.charset(text)) return bad;
    for (const auto linter : component.linters)
        if (auto bad = linter(text)) return bad;
    return {};
}

/// Checks as many characters of the value as its components take, and says how many those are.
Decoded<std::size_t> take_value(const Element& element) {
    const auto value = element.value;
    if (value.empty()) return Fault{named(element.ai) + " data is empty"};
    std::size_t at = 0;
    for (const auto& component : element.entry->components) {
        const auto text = value.substr(at, component.max);
        if (component.optional && text.empty()) continue;
        if (text.size() < component.min)
            return Fault{named(element.ai) + " data has incorrect length"};
        if (const auto bad = lint_component(component, text))
            return lint_fault(element, at, text.size(), *bad);
        at += text.size();
    }
    return at;
}

Decoded<void> check_length(const Element& element) {
    const auto size = element.value.size();
    if (size < element.entry->length_min) return Fault{named(element.ai) + " value is too short"};
    if (size > element.entry->length_max) return Fault{named(element.ai) + " value is too long"};
    if (element.value.find(fnc1) != std::string_view::npos)
        return Fault{named(element.ai) + " contains illegal ^ character"};
    return {};
}

}  // namespace

Decoded<void> check_value(const Element& element) {
    if (auto good = check_length(element); !good) return good;
    if (auto taken = take_value(element); !taken) return std::move(taken).error();
    return {};
}

Decoded<void> read_elements(std::string_view data, char separator, const Dictionary& dictionary,
                            const DecodeOptions& options, ElementList& out) {
    if (data.empty()) return Fault{"The AI data is empty"};
    while (!data.empty()) {
        const auto* entry = dictionary.match(data, options.permit_unknown_ais);
        if (entry == nullptr) {
            std::string start{data.substr(0, 4)};
            std::ranges::replace(start, separator, fnc1);
            return Fault{"No known AI is a prefix of: " + start + "..."};
        }
        Element element{entry, data.substr(0, entry->ai.size()), {}};
        data.remove_prefix(entry->ai.size());
        element.value = data.substr(0, data.find(separator));
        const auto taken = take_value(element);
        if (!taken) return taken.error();
        const bool ends_early = *taken < element.value.size();
        if (ends_early && entry->needs_separator)
            return Fault{named(element.ai) + " data is too long"};
        element.value = element.value.substr(0, *taken);
        if (!out.push(element)) return too_many();
        data.remove_prefix(*taken);
        if (!data.empty() && data.front() == separator) data.remove_prefix(1);
    }
    return {};
}

namespace {

/// Walks a bracketed text. What it writes never outgrows what was reserved for it, so that the
/// views it hands out stay good.
class BracketReader {
public:
    BracketReader(std::string_view text, const Dictionary& dictionary, const DecodeOptions& options,
                  std::string& storage)
        : rest_{text}, dictionary_{dictionary}, options_{options}, storage_{storage} {}

    Decoded<void> read(ElementList& out) {
        bool separate = true;
        while (!rest_.empty()) {
            const auto close = rest_.find(')');
            if (rest_.front() != '(' || close == std::string_view::npos)
                return Fault{"Failed to parse AI data"};
            const auto ai = rest_.substr(1, close - 1);
            rest_.remove_prefix(close + 1);
            const auto* entry = dictionary_.find(ai, options_.permit_unknown_ais);
            if (entry == nullptr) return Fault{"Unrecognised AI: " + std::string{ai}};
            if (rest_.empty()) return Fault{"Failed to parse AI data"};
            if (separate) storage_ += fnc1;
            separate = entry->needs_separator;
            const Element element{entry, write(ai), write_value()};
            if (auto good = check_value(element); !good) return good;
            if (!out.push(element)) return too_many();
        }
        return {};
    }

private:
    std::string_view write(std::string_view text) {
        const auto at = storage_.size();
        storage_ += text;
        return std::string_view{storage_}.substr(at);
    }

    std::string_view write_value() {
        const auto at = storage_.size();
        for (;;) {
            const auto bracket = rest_.find('(');
            if (bracket == std::string_view::npos || bracket == 0 || rest_[bracket - 1] != '\\') {
                storage_ += rest_.substr(0, bracket);
                rest_.remove_prefix(std::min(bracket, rest_.size()));
                return std::string_view{storage_}.substr(at);
            }
            storage_ += rest_.substr(0, bracket - 1);
            storage_ += '(';
            rest_.remove_prefix(bracket + 1);
        }
    }

    std::string_view rest_;
    const Dictionary& dictionary_;
    const DecodeOptions& options_;
    std::string& storage_;
};

}  // namespace

Decoded<void> read_bracketed(std::string_view text, const Dictionary& dictionary,
                             const DecodeOptions& options, bool composite, std::string& storage,
                             ElementList& out) {
    storage.clear();
    storage.reserve(text.size() + 2);
    const auto bar = composite ? text.find('|') : std::string_view::npos;
    BracketReader linear{text.substr(0, bar), dictionary, options, storage};
    if (auto good = linear.read(out); !good) return good;
    if (bar == std::string_view::npos) return {};
    storage += '|';
    out.begin_composite();
    BracketReader second{text.substr(bar + 1), dictionary, options, storage};
    return second.read(out);
}

std::string write_raw(const ElementList& elements) {
    std::string out;
    bool separate = true;
    for (std::size_t i = 0; i < elements.all().size(); ++i) {
        const auto& element = elements.all()[i];
        if (i == elements.composite_at()) {
            out += '|';
            separate = true;
        }
        if (separate) out += fnc1;
        out += element.ai;
        out += element.value;
        separate = element.entry->needs_separator;
    }
    return out;
}

std::string write_bracketed(const ElementList& elements) {
    std::string out;
    for (std::size_t i = 0; i < elements.all().size(); ++i) {
        const auto& element = elements.all()[i];
        if (i > 0 && i == elements.composite_at()) out += '|';
        out += '(';
        out += element.ai;
        out += ')';
        for (const char c : element.value) {
            if (c == '(') out += '\\';
            out += c;
        }
    }
    return out;
}

std::string write_hri(const Element& element, bool with_title) {
    std::string out;
    if (with_title && !element.entry->title.empty()) out = element.entry->title + " ";
    out += '(';
    out += element.ai;
    out += ") ";
    out += element.value;
    return out;
}

}  // namespace till::drivers
