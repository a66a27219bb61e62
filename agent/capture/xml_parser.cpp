#include "agent/capture/xml_parser.hpp"

#include <expat.h>

#include <cstdlib>

namespace till {

namespace {

constexpr char separator = '\n';  // Stands in no namespace name.
constexpr std::size_t piece_max = 1 << 20;

XmlName name_of(const char* expanded) {
    const std::string_view text{expanded};
    const auto at = text.find(separator);
    if (at == std::string_view::npos) return {{}, std::string{text}};
    return {std::string{text.substr(0, at)}, std::string{text.substr(at + 1)}};
}

}  // namespace

/// Expat's side of it.
struct XmlParser::Callbacks {
    static XmlParser& of(void* user) { return *static_cast<XmlParser*>(user); }
    static void start(void* user, const XML_Char* name, const XML_Char** attributes) {
        XmlEvents::Attributes all;
        for (; *attributes != nullptr; attributes += 2)
            all.emplace_back(name_of(attributes[0]), attributes[1]);
        of(user).events_.on_start(name_of(name), all);
    }
    static void end(void* user, const XML_Char* name) { of(user).events_.on_end(name_of(name)); }
    static void text(void* user, const XML_Char* text, int length) {
        of(user).events_.on_text({text, static_cast<std::size_t>(length)});
    }
    static void doctype(void* user, const XML_Char*, const XML_Char*, const XML_Char*, int) {
        of(user).has_doctype_ = true;
        XML_StopParser(of(user).parser_.get(), XML_FALSE);
    }
};

void XmlParser::Free::operator()(XML_ParserStruct* parser) const { XML_ParserFree(parser); }

XmlParser::XmlParser(XmlEvents& events)
    : events_{events}, parser_{XML_ParserCreateNS(nullptr, separator)} {
    if (!parser_) std::abort();  // No memory, as everywhere.
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), Callbacks::start, Callbacks::end);
    XML_SetCharacterDataHandler(parser_.get(), Callbacks::text);
    XML_SetStartDoctypeDeclHandler(parser_.get(), Callbacks::doctype);
}

Result<void> XmlParser::feed(BytesView bytes, bool last) {
    do {
        const BytesView piece = bytes.substr(0, piece_max);
        bytes.remove_prefix(piece.size());
        const bool end = last && bytes.empty();
        if (stopped_) return {};
        const auto status =
            XML_Parse(parser_.get(), piece.data(), static_cast<int>(piece.size()), end ? 1 : 0);
        if (status == XML_STATUS_OK || stopped_) continue;
        const std::string where = "line " + std::to_string(line()) + ": ";
        if (has_doctype_)
            return Error{Errc::malformed, where + "a document type (DTD) is not accepted"};
        return Error{Errc::malformed, where + "not well-formed XML: "
                                          + XML_ErrorString(XML_GetErrorCode(parser_.get()))};
    } while (!bytes.empty());
    return {};
}

std::uint64_t XmlParser::line() const { return XML_GetCurrentLineNumber(parser_.get()); }

void XmlParser::stop() {
    stopped_ = true;
    XML_StopParser(parser_.get(), XML_FALSE);
}

}  // namespace till
