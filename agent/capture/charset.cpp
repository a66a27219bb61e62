#include "agent/capture/charset.hpp"

#include "agent/core/hex.hpp"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace till {

namespace {

constexpr std::size_t detection_bytes = 4;

std::uint8_t octet(char c) { return static_cast<std::uint8_t>(c); }

void mark_undecodable(char byte, std::string& text) {
    text += undecodable_mark;
    text += hex(BytesView{&byte, 1});
}

/// Length of the UTF-8 character that `bytes` begins with; 0: not one; -1: more bytes are needed.
int utf8_length(BytesView bytes) {
    const std::uint8_t lead = octet(bytes[0]);
    if (lead < 0x80) return 1;
    if (lead < 0xc2 || lead > 0xf4) return 0;
    const int length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    for (int at = 1; at < length; ++at) {
        if (static_cast<std::size_t>(at) >= bytes.size()) return -1;
        const std::uint8_t next = octet(bytes[static_cast<std::size_t>(at)]);
        // The second byte also excludes overlong forms, surrogates and what is past U+10FFFF.
        const std::uint8_t least = at > 1 ? 0x80 : lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        const std::uint8_t most = at > 1 ? 0xbf : lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        if (next < least || next > most) return 0;
    }
    return length;
}

std::size_t ascii_prefix(BytesView bytes) {
    std::size_t at = 0;
    for (std::uint64_t word = 0; at + sizeof word <= bytes.size(); at += sizeof word) {
        std::memcpy(&word, bytes.data() + at, sizeof word);
        if ((word & 0x8080808080808080U) != 0) break;
    }
    while (at < bytes.size() && octet(bytes[at]) < 0x80) ++at;
    return at;
}

/// How many bytes of an unreadable character to step over, so that the next one is read in phase.
std::size_t width_of_undecodable(Charset charset, BytesView bytes) {
    if (charset == Charset::utf16le || charset == Charset::utf16be) return 2;
    const bool big5_pair = charset == Charset::big5 && bytes.size() > 1 && octet(bytes[0]) >= 0x81
                           && (octet(bytes[1]) >= 0xa1 || (bytes[1] >= 0x40 && bytes[1] < 0x7f));
    return big5_pair ? 2 : 1;
}

const char* iconv_name(Charset charset) {
    switch (charset) {
        case Charset::utf16le:
            return "UTF-16LE";
        case Charset::utf16be:
            return "UTF-16BE";
        case Charset::big5:
            return "CP950";
        default:
            return "WINDOWS-1252";
    }
}

}  // namespace

Result<std::optional<Charset>> parse_charset(std::string_view name) {
    std::string lower{name};
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    constexpr auto names = std::to_array<std::pair<std::string_view, Charset>>({
        {"utf-8", Charset::utf8},
        {"utf-16", Charset::utf16le},
        {"utf-16le", Charset::utf16le},
        {"utf-16be", Charset::utf16be},
        {"big5", Charset::big5},
        {"cp950", Charset::big5},
        {"windows-1252", Charset::windows1252},
        {"cp1252", Charset::windows1252},
        {"latin-1", Charset::windows1252},
    });
    if (lower == "auto") return std::optional<Charset>{};
    for (const auto& [known, charset] : names)
        if (lower == known) return std::optional{charset};
    return Error{Errc::unsupported,
                 "unknown encoding " + lower,
                 {},
                 "auto, utf-8, utf-16, utf-16le, utf-16be, big5, cp950 or windows-1252"};
}

std::string readable(std::string_view text) {
    std::string out;
    for (std::size_t at = 0;;) {
        const std::size_t mark = text.find(undecodable_mark, at);
        out += text.substr(at, mark - at);
        if (mark == std::string_view::npos) return out;
        out += "\xef\xbf\xbd";
        at = std::min(mark + 3, text.size());
    }
}

std::string first_undecodable(std::string_view text) {
    const std::size_t mark = text.find(undecodable_mark);
    if (mark == std::string_view::npos) return {};
    return "byte 0x" + std::string{text.substr(mark + 1, 2)};
}

void TextDecoder::Close::operator()(void* handle) const { ::iconv_close(handle); }

void TextDecoder::feed(BytesView bytes, std::string& text) {
    if (!begun_) {
        held_ += bytes;
        if (held_.size() < detection_bytes) return;
        begin();
        bytes = {};
    }
    convert(bytes, text, false);
}

void TextDecoder::finish(std::string& text) {
    if (!begun_) begin();
    convert({}, text, true);
}

void TextDecoder::begin() {
    begun_ = true;
    charset_ = stated_.value_or(Charset::utf8);
    const auto starts = [this](BytesView mark) { return BytesView{held_}.starts_with(mark); };
    if (starts("\xef\xbb\xbf")) {
        charset_ = Charset::utf8;
        held_.erase(0, 3);
    } else if (starts("\xff\xfe") || starts("\xfe\xff")) {
        charset_ = starts("\xff\xfe") ? Charset::utf16le : Charset::utf16be;
        held_.erase(0, 2);
    } else if (!stated_ && held_.size() >= detection_bytes) {
        const bool even_zero = held_[0] == 0 && held_[2] == 0;
        const bool odd_zero = held_[1] == 0 && held_[3] == 0;
        if (odd_zero && !even_zero) charset_ = Charset::utf16le;
        if (even_zero && !odd_zero) charset_ = Charset::utf16be;
    }
    if (charset_ == Charset::utf8) return;
    iconv_t handle = ::iconv_open("UTF-8", iconv_name(charset_));
    // Without glibc's conversion modules nothing can be read; that each byte is undecodable says so.
    if (handle != reinterpret_cast<iconv_t>(-1)) iconv_.reset(handle);
}

void TextDecoder::convert(BytesView bytes, std::string& text, bool last) {
    Bytes joined;
    if (!held_.empty()) {
        joined = std::exchange(held_, {});
        joined += bytes;
        bytes = joined;
    }
    const std::size_t done =
        charset_ == Charset::utf8 ? convert_utf8(bytes, text, last) : convert_other(bytes, text);
    bytes.remove_prefix(done);
    if (last)
        for (const char byte : bytes) mark_undecodable(byte, text);
    else
        held_ = Bytes{bytes};
}

std::size_t TextDecoder::convert_utf8(BytesView bytes, std::string& text, bool last) const {
    std::size_t done = 0, copied = 0;
    const auto copy = [&] { text += bytes.substr(copied, done - copied); };
    while (done < bytes.size()) {
        done += ascii_prefix(bytes.substr(done));
        if (done == bytes.size()) break;
        const int length = utf8_length(bytes.substr(done));
        if (length < 0 && !last) break;
        if (length > 0) {
            done += static_cast<std::size_t>(length);
            continue;
        }
        copy();
        mark_undecodable(bytes[done], text);
        copied = ++done;
    }
    copy();
    return done;
}

std::size_t TextDecoder::convert_other(BytesView bytes, std::string& text) {
    if (!iconv_) {
        for (const char byte : bytes) mark_undecodable(byte, text);
        return bytes.size();
    }
    std::array<char, 16 * 1024> out;
    std::size_t done = 0;
    while (done < bytes.size()) {
        char* from = const_cast<char*>(bytes.data()) + done;  // iconv's signature; it only reads.
        std::size_t from_left = bytes.size() - done;
        char* to = out.data();
        std::size_t to_left = out.size();
        const std::size_t status = ::iconv(iconv_.get(), &from, &from_left, &to, &to_left);
        const int failure = status == static_cast<std::size_t>(-1) ? errno : 0;
        text.append(out.data(), out.size() - to_left);
        done = bytes.size() - from_left;
        if (failure == EINVAL) break;  // The rest of the character comes with the next piece.
        if (failure != EILSEQ) continue;
        const BytesView rest = bytes.substr(done);
        if (charset_ == Charset::big5 && rest.size() == 1 && octet(rest[0]) >= 0x81) break;
        const std::size_t width = std::min(width_of_undecodable(charset_, rest), rest.size());
        for (std::size_t at = 0; at < width; ++at) mark_undecodable(rest[at], text);
        done += width;
    }
    return done;
}

}  // namespace till
