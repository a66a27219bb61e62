#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct XML_ParserStruct;

namespace till {

/// A name with its namespace; empty: none.
struct XmlName {
    std::string space, local;
    friend bool operator==(const XmlName&, const XmlName&) = default;
};

/// What is in a document, in its order. Text may come in several pieces.
class XmlEvents {
public:
    using Attributes = std::vector<std::pair<XmlName, std::string>>;
    virtual ~XmlEvents() = default;
    virtual void on_start(const XmlName& name, const Attributes& attributes) = 0;
    virtual void on_end(const XmlName& name) = 0;
    virtual void on_text(std::string_view text) = 0;
};

/// An XML document with namespaces that arrives in pieces (Expat). A document type is refused, and with it
/// every entity but XML's own five: nothing is expanded and nothing is fetched. Encodings: UTF-8,
/// UTF-16, ISO 8859-1, ASCII. Memory: the largest piece and one tag. Private to the module.
class XmlParser {
public:
    /// `events` must outlive it.
    explicit XmlParser(XmlEvents& events);
    XmlParser(const XmlParser&) = delete;

    /// Fails with malformed, naming the line; then it is spent.
    Result<void> feed(BytesView bytes, bool last);
    std::uint64_t line() const;  ///< Where the event being reported begins, from 1.
    void stop();                 ///< In an event: nothing more is reported, feed() succeeds.

private:
    struct Free {
        void operator()(XML_ParserStruct* parser) const;
    };
    struct Callbacks;
    XmlEvents& events_;
    std::unique_ptr<XML_ParserStruct, Free> parser_;
    bool has_doctype_ = false, stopped_ = false;
};

}  // namespace till
