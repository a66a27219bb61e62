#include "agent/capture/charset.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace std::string_literals;

namespace {

std::string decode(std::optional<Charset> stated, BytesView bytes, std::size_t piece) {
    TextDecoder decoder{stated};
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += piece)
        decoder.feed(bytes.substr(at, piece), text);
    decoder.finish(text);
    return text;
}

struct Sample {
    const char* what;
    std::optional<Charset> stated;
    std::string bytes, text;
};

const Sample samples[] = {
    {"nothing", {}, "", ""},
    {"ASCII shorter than a mark", {}, "a", "a"},
    {"UTF-8 of every length", {}, "a\xc3\xa9\xe9\x8c\xa2\xf0\x9f\x8d\x8f", "aé錢🍏"},
    {"UTF-8 with a mark", {}, "\xef\xbb\xbfid,錢", "id,錢"},
    {"a UTF-8 mark in a file stated to be Big5", Charset::big5, "\xef\xbb\xbf錢", "錢"},
    {"UTF-16LE with a mark",
     {},
     "\xff\xfe"
     "a\0\xe9\0\x22\x93"s,
     "aé錢"},
    {"UTF-16BE with a mark", {}, "\xfe\xff\0a\0\xe9\x93\x22"s, "aé錢"},
    {"UTF-16LE by its zeros", {}, "a\0b\0,\0"s, "ab,"},
    {"UTF-16BE by its zeros", {}, "\0a\0b\0,"s, "ab,"},
    {"UTF-16LE beyond the first plane", {}, "\xff\xfe\x3c\xd8\x4f\xdf"s, "🍏"},
    {"Windows-1252", Charset::windows1252, "caf\xe9 \x80\x31", "café €1"},
    {"Big5", Charset::big5, "\xbf\xfa\xb8\xb9", "錢號"},
    {"CP950 beyond Big5: ETEN's seven and the euro", Charset::big5, "\xf9\xd6\xa3\xe1", "碁€"},
    {"Big5 whose second byte is ASCII", Charset::big5, "\xb3\x5c,\xa5\x7c", "許,四"},
    {"a byte that UTF-8 does not have",
     {},
     "abc\xff,d",
     "abc\xff"
     "ff,d"},
    {"a surrogate in UTF-8",
     {},
     "abcd\xed\xa0\x80",
     "abcd\xff"
     "ed\xff"
     "a0\xff"
     "80"},
    {"an overlong slash",
     {},
     "abcd\xc0\xaf",
     "abcd\xff"
     "c0\xff"
     "af"},
    {"UTF-8 cut short",
     {},
     "abcd\xe9\x8c",
     "abcd\xff"
     "e9\xff"
     "8c"},
    {"a hole of Windows-1252", Charset::windows1252, "abcd\x81",
     "abcd\xff"
     "81"},
    {"a pair Big5 does not have", Charset::big5, "ab\xfa\x7c,c",
     "ab\xff"
     "fa\xff"
     "7c,c"},
    {"half a surrogate in UTF-16",
     {},
     "\xff\xfe\x3c\xd8\x61\0\x62\0"s,
     "\xff"
     "3c\xff"
     "d8ab"},
    {"UTF-16 of an odd length",
     {},
     "\xff\xfe"
     "a\0b"s,
     "a\xff"
     "62"},
};

}  // namespace

TEST_CASE("capture: each encoding reads as it should, however the bytes arrive", "[capture]") {
    const auto& sample = GENERATE(from_range(std::begin(samples), std::end(samples)));
    const std::size_t piece = GENERATE(1, 2, 3, 7, 4096);
    CAPTURE(sample.what, piece);
    CHECK(decode(sample.stated, sample.bytes, piece) == sample.text);
}

TEST_CASE("capture: an undecodable byte is named, and shown as U+FFFD", "[capture]") {
    const std::string text = decode(Charset::windows1252,
                                    "ab\x81"
                                    "cd\x8d",
                                    4096);
    CHECK(first_undecodable(text) == "byte 0x81");
    CHECK(readable(text) == "ab\xef\xbf\xbd" "cd\xef\xbf\xbd");
    CHECK(first_undecodable("plain").empty());
}

TEST_CASE("capture: encodings have the names people use", "[capture]") {
    CHECK(**parse_charset("CP950") == Charset::big5);
    CHECK(**parse_charset("Latin-1") == Charset::windows1252);
    CHECK_FALSE(parse_charset("auto")->has_value());
    CHECK(parse_charset("ebcdic").error().code == Errc::unsupported);
}
