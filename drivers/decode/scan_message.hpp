#pragma once

#include "drivers/decode/digital_link.hpp"
#include "drivers/decode/symbology.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace till::drivers {

/// One scan of a GS1 carrier, taken apart. Views into the scan, or into `storage` where it held a
/// Digital Link URI. Not copyable, for those views; keep one and read into it again.
struct ScanMessage {
    ScanMessage() = default;
    ScanMessage(const ScanMessage&) = delete;
    ScanMessage& operator=(const ScanMessage&) = delete;

    Symbology symbology = Symbology::none;
    Content content = Content::plain;
    std::string_view primary;  ///< The digits of an EAN or UPC symbol.
    std::string_view text;     ///< The GS1 data without the first FNC1, or the plain text.
    bool is_uri = false;       ///< The text was a Digital Link URI, and `elements` is what it says.
    ElementList elements;      ///< Empty for plain text and for an EAN without composite part.
    std::vector<std::string_view> ignored;  ///< Query parameters that are no AIs.
    std::string storage;
};

/// Reads a scan as a GS1 carrier must look: a symbology identifier that GS1 allows, 13 (EAN-8: 8)
/// digits of EAN or UPC with a good check digit, an element string, or text, where a web address
/// must be a Digital Link. A composite part after EAN and UPC begins with "|]e0".
/// Associations between elements are not checked. Allocates only for a URI and for a fault.
Decoded<void> read_scan(std::string_view scan, const Dictionary& dictionary,
                        const DecodeOptions& options, ScanMessage& out);

/// The message as data to be encoded: "^" for FNC1, "|" before a composite part, and `\` before a
/// plain text that begins with `^` or with such backslashes.
std::string message_data(const ScanMessage& message);

/// What a scanner sends for a symbol that encodes `data` (in the form of message_data()). Fails
/// where the symbology cannot hold the data.
Decoded<std::string> write_scan(Symbology symbology, std::string_view data,
                                const Dictionary& dictionary, const DecodeOptions& options);

}  // namespace till::drivers
