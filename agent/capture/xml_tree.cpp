#include "agent/capture/xml_tree.hpp"

#include "agent/capture/source_values.hpp"
#include "agent/capture/xml_text.hpp"

#include <algorithm>

namespace till {

const XmlElement* XmlElement::find(std::string_view path) const {
    const XmlElement* at = this;
    while (at != nullptr && !path.empty()) {
        const auto step = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(step.size() + 1, path.size()));
        const auto found = std::ranges::find_if(
            at->children, [&](const XmlElement& child) { return child.name.local == step; });
        at = found == at->children.end() ? nullptr : &*found;
    }
    return at;
}

std::string XmlElement::text_at(std::string_view path) const {
    const XmlElement* found = find(path);
    return found ? std::string{trimmed_lines(found->text)} : std::string{};
}

std::string XmlElement::attribute(std::string_view local) const {
    for (const auto& [key, value] : attributes)
        if (key.local == local) return std::string{trimmed_lines(value)};
    return {};
}

bool XmlElement::is_set(std::string_view local) const {
    const std::string value = attribute(local);
    return value == "true" || value == "1";
}

void XmlTreeBuilder::start(const XmlName& name, const XmlEvents::Attributes& attributes) {
    XmlElement* made = &root_;
    if (open_.empty())
        root_ = {};
    else
        made = &open_.back()->children.emplace_back();
    made->name = name;
    made->attributes = attributes;
    open_.push_back(made);
}

XmlElement XmlTreeBuilder::take() {
    open_.clear();
    return std::exchange(root_, {});
}

std::string to_xml(const XmlElement& element, std::string_view space) {
    std::string out = "<" + element.name.local;
    const std::string_view own =
        element.name.space.empty() ? space : std::string_view{element.name.space};
    if (own != space) out += " xmlns=\"" + xml_escaped(own) + "\"";
    int prefixes = 0;
    for (const auto& [name, value] : element.attributes) {
        std::string prefix;
        if (!name.space.empty()) {
            prefix = "a" + std::to_string(++prefixes);
            out += " xmlns:" + prefix + "=\"" + xml_escaped(name.space) + "\"";
            prefix += ":";
        }
        out += " " + prefix + name.local + "=\"" + xml_escaped(value) + "\"";
    }
    const auto text = trimmed_lines(element.text);
    if (text.empty() && element.children.empty()) return out + "/>";
    out += ">" + xml_escaped(text);
    for (const XmlElement& child : element.children) out += to_xml(child, own);
    return out + "</" + element.name.local + ">";
}

Result<XmlElement> parse_xml(std::string_view text) {
    struct Builder final : XmlEvents {
        XmlTreeBuilder tree;
        XmlElement done;
        void on_start(const XmlName& name, const Attributes& attributes) override {
            tree.start(name, attributes);
        }
        void on_end(const XmlName&) override {
            tree.end();
            if (!tree.is_open()) done = tree.take();
        }
        void on_text(std::string_view piece) override { tree.text(piece); }
    } builder;
    XmlParser parser{builder};
    TILL_TRY_VOID(parser.feed(text, true));
    return std::move(builder.done);
}

}  // namespace till
