#pragma once

#include "agent/capture/xml_parser.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace till {

/// One element with all that is in it. Private to the module.
struct XmlElement {
    XmlName name;
    XmlEvents::Attributes attributes;
    std::string text;  ///< Its own, without its children's.
    std::vector<XmlElement> children;

    /// The first child of that local name; null when there is none. A path descends: "Item/Price".
    const XmlElement* find(std::string_view path) const;
    /// Its text without the blanks around it; empty when there is none.
    std::string text_at(std::string_view path) const;
    std::string attribute(std::string_view local) const;
    /// "true" or "1".
    bool is_set(std::string_view local) const;
};

/// Builds the elements of one part of a document from its events.
class XmlTreeBuilder {
public:
    /// How deep elements may lie in each other.
    static constexpr std::size_t depth_max = 64;

    void start(const XmlName& name, const XmlEvents::Attributes& attributes);
    void end() { open_.pop_back(); }
    void text(std::string_view text) {
        if (!open_.empty()) open_.back()->text += text;
    }
    bool is_open() const { return !open_.empty(); }
    bool is_too_deep() const { return open_.size() > depth_max; }
    XmlElement take();

private:
    XmlElement root_;
    std::vector<XmlElement*> open_;
};

/// One element and what is in it, as text, in UTF-8. Names outside `space` say theirs.
std::string to_xml(const XmlElement& element, std::string_view space);

/// The reverse. malformed when it is no element by itself.
Result<XmlElement> parse_xml(std::string_view text);

}  // namespace till
