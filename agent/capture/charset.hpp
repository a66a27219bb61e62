#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

#include <memory>
#include <optional>
#include <string>

namespace till {

/// The encodings that tills and their back offices export in.
enum class Charset : std::uint8_t { utf8, utf16le, utf16be, big5, windows1252 };

/// "utf-8", "utf-16", "utf-16le", "utf-16be", "big5", "cp950", "windows-1252", "cp1252",
/// "latin-1" (which in practice is windows-1252); either case. "auto" is no charset.
Result<std::optional<Charset>> parse_charset(std::string_view name);

/// What stands in decoded text for a byte that the encoding does not have: this byte, which UTF-8
/// never contains, and the byte's value as two hexadecimal digits.
inline constexpr char undecodable_mark = '\xff';

/// `text` with each undecodable byte shown as U+FFFD.
std::string readable(std::string_view text);
/// "byte 0x81" for the first undecodable byte of `text`; empty when there is none.
std::string first_undecodable(std::string_view text);

/// Bytes in any of these encodings to UTF-8, piece by piece, in constant memory. A byte-order mark
/// wins over what was stated and is dropped. Without either it is UTF-16 when zero bytes alternate
/// at the start, else UTF-8; it never guesses between 8-bit encodings.
///
/// The text does not depend on how the bytes were cut into pieces. Big5 is read as CP950.
class TextDecoder {
public:
    explicit TextDecoder(std::optional<Charset> stated) : stated_{stated} {}

    /// Appends the text of `bytes` to `text`; up to three bytes may be held back.
    void feed(BytesView bytes, std::string& text);
    /// No more bytes: what was held back is appended.
    void finish(std::string& text);

private:
    void begin();
    void convert(BytesView bytes, std::string& text, bool last);
    std::size_t convert_utf8(BytesView bytes, std::string& text, bool last) const;
    std::size_t convert_other(BytesView bytes, std::string& text);

    struct Close {
        void operator()(void* handle) const;
    };
    std::optional<Charset> stated_;
    bool begun_ = false;
    Charset charset_ = Charset::utf8;
    Bytes held_;
    std::unique_ptr<void, Close> iconv_;  // Null for UTF-8, which is only checked.
};

}  // namespace till
