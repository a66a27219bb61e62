#include "drivers/decode/digital_link.hpp"

#include "drivers/decode/uri_text.hpp"

#include <catch2/catch.hpp>

using namespace till::drivers;

namespace {

std::string raw(std::string_view uri, DecodeOptions options = {}) {
    std::string storage;
    ElementList elements;
    std::vector<std::string_view> ignored;
    const auto read =
        read_digital_link(uri, Dictionary::builtin(), options, storage, elements, ignored);
    return read ? write_raw(elements) : "!" + read.error().sentence;
}

}  // namespace

TEST_CASE("decode: the rightmost key of a path counts", "[decode]") {
    CHECK(raw("https://a/00/faux/00/006141411234567890") == "^00006141411234567890");
    CHECK(raw("HTTPS://a.b/x/01/09506000134352/10/A%2FB?17=270131&&y#z")
          == "^010950600013435210A/B^17270131");
    CHECK(raw("https://a/8018/123456789012345675/8019/123") == "^8018123456789012345675^8019123");
}

TEST_CASE("decode: a link that breaks a rule is refused", "[decode]") {
    for (const auto* uri :
         {"Https://a/01/09506000134352", "https://a/01/09506000134352/",
          "https:///01/09506000134352", "https://a_b/01/09506000134352",
          "https://a/01/09506000134352/21/A/10/B", "https://a/01/4006381333931",
          "https://a/01/09506000134352?10=A", "https://a/01/09506000134352?21=A",
          "https://a/01/09506000134352?99=A&99=A", "https://a/01/09506000134352?8200=x",
          "https://a/10/A", "https://a/01/09506000134352?9999=1", "https://a/01/0950600013435%00",
          "https://a/01/09506000134352 ", "https://a/01", "https://a//"}) {
        CAPTURE(uri);
        CHECK(raw(uri).starts_with('!'));
    }
}

TEST_CASE("decode: old forms of links are read only where asked", "[decode]") {
    CHECK(raw("https://a/gtin/09506000134352/lot/A", {.convenience_alphas = true})
          == "^010950600013435210A");
    CHECK(raw("https://a/01/4006381333931", {.zero_suppressed_gtin = true}) == "^0104006381333931");
    CHECK(raw("https://a/8004/95206141?01=4006381333931") == "^800495206141^0104006381333931");
}

TEST_CASE("decode: many short GTINs do not outgrow the room for them", "[decode]") {
    std::string uri = "https://a/8004/95206141?01=12345670";
    for (int i = 0; i < 80; ++i) uri += "&01=12345670";
    CHECK(raw(uri).starts_with('!'));
}

TEST_CASE("decode: percent signs that escape nothing stay", "[decode]") {
    std::string out;
    uri_unescape("%4g%", UriPart::path, out);
    CHECK(out == "%4g%");
    CHECK(uri_escape("a b/\xff", UriPart::query) == "a+b%2F%FF");
}
