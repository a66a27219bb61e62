#include "agent/core/base64.hpp"
#include "agent/core/hex.hpp"

#include <catch2/catch.hpp>

using namespace till;

TEST_CASE("core: hex and base64url give back the bytes they were given", "[core]") {
    Bytes bytes;
    for (int i = 0; i < 256; ++i) {
        CHECK(*unhex(hex(bytes)) == bytes);
        CHECK(*unbase64url(base64url(bytes)) == bytes);
        bytes += static_cast<char>(i);
    }
}

TEST_CASE("core: base64url answers RFC 4648's examples", "[core]") {
    CHECK(base64url("") == "");
    CHECK(base64url("f") == "Zg");
    CHECK(base64url("foobar") == "Zm9vYmFy");
    CHECK(base64url("\xfb\xff") == "-_8");
    for (const char* text : {"Zg==", "Z", "Zm9v YmFy", "Zh", "+/8"}) {
        CAPTURE(text);
        CHECK_FALSE(unbase64url(text));
    }
    for (const char* text : {"abc", "zz", "0x"}) CHECK_FALSE(unhex(text));
}
