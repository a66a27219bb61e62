#include "drivers/decode/element_string.hpp"

#include <algorithm>

namespace till::drivers {

namespace {

/// The first element that matches and is not of AI `self`: 310n excludes the other 310x, not itself.
const Element* other(const ElementList& elements, const AiPattern& pattern, std::string_view self) {
    for (const auto& element : elements.all())
        if (pattern.matches(element.ai) && element.ai != self) return &element;
    return nullptr;
}

Decoded<void> check_exclusions(const ElementList& elements) {
    for (const auto& element : elements.all())
        for (const auto& pattern : element.entry->exclusions)
            if (const auto* bad = other(elements, pattern, element.ai))
                return Fault{"It is invalid to pair AI (" + std::string{element.ai} + ") with AI ("
                             + std::string{bad->ai} + ")"};
    return {};
}

bool holds(const AiRequirement& requirement, const ElementList& elements, std::string_view self) {
    return std::ranges::any_of(requirement.any_of, [&](const auto& group) {
        return std::ranges::all_of(group, [&](const AiPattern& pattern) {
            return other(elements, pattern, self) != nullptr;
        });
    });
}

Decoded<void> check_requisites(const ElementList& elements) {
    for (const auto& element : elements.all())
        for (const auto& requirement : element.entry->requirements)
            if (!holds(requirement, elements, element.ai))
                return Fault{"Required AIs for AI (" + std::string{element.ai}
                             + ") are not satisfied: " + requirement.text};
    return {};
}

Decoded<void> check_repeats(const ElementList& elements) {
    for (const auto& element : elements.all())
        if (elements.find(element.ai)->value != element.value)
            return Fault{"Multiple instances of AI (" + std::string{element.ai}
                         + ") have different values"};
    return {};
}

/// A digital signature (8030) signs one thing, so the key beside it must name one thing.
Decoded<void> check_signature_serial(const ElementList& elements) {
    if (elements.find("8030") == nullptr) return {};
    for (const std::string_view ai : {"253", "255", "8003"}) {
        const auto* key = elements.find(ai);
        if (key != nullptr && key->value.size() == key->entry->length_min)
            return Fault{"Serial component must be present for AI (" + std::string{ai}
                         + ") when used with AI (8030)"};
    }
    return {};
}

}  // namespace

Decoded<void> check_association(Association rule, const ElementList& elements) {
    switch (rule) {
        case Association::exclusions:
            return check_exclusions(elements);
        case Association::requisites:
            return check_requisites(elements);
        case Association::repeats:
            return check_repeats(elements);
        case Association::signature_serial:
            return check_signature_serial(elements);
    }
    return {};
}

Decoded<void> check_associations(const ElementList& elements, const DecodeOptions& options) {
    if (auto good = check_exclusions(elements); !good) return good;
    if (options.requisite_ais)
        if (auto good = check_requisites(elements); !good) return good;
    if (auto good = check_repeats(elements); !good) return good;
    return check_signature_serial(elements);
}

}  // namespace till::drivers
