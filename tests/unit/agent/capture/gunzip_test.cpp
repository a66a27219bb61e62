#include "agent/capture/gunzip.hpp"

#include "support.hpp"

#include <catch2/catch.hpp>

using namespace till;

namespace {

Result<std::string> gunzip(BytesView bytes, std::size_t piece) {
    Gunzip unzip;
    std::string text;
    const auto out = [&](BytesView part) -> Result<void> {
        text += part;
        return {};
    };
    for (std::size_t at = 0; at < bytes.size(); at += piece)
        TILL_TRY_VOID(unzip.feed(bytes.substr(at, piece), out));
    TILL_TRY_VOID(unzip.finish());
    return text;
}

}  // namespace

TEST_CASE("capture: gzip of one member and of several reads whole", "[capture]") {
    const std::size_t piece = GENERATE(1, 13, 65536);
    const std::string text(200'000, 'x');
    CHECK(*gunzip(gzip(text), piece) == text);
    CHECK(*gunzip(gzip("one\n") + gzip("two\n") + std::string(16, '\0'), piece) == "one\ntwo\n");
    CHECK(gunzip(gzip(""), piece)->empty());
}

TEST_CASE("capture: gzip that ends early is told from gzip that is damaged", "[capture]") {
    const Bytes whole = gzip("one,two,three\n");
    for (std::size_t length = 1; length < whole.size(); ++length)
        CHECK(gunzip(whole.substr(0, length), 7).error().code == Errc::closed);
    Bytes damaged = whole;
    damaged[whole.size() - 5] ^= 1;
    CHECK(gunzip(damaged, 7).error().code == Errc::malformed);
    CHECK(gunzip(whole + "rubbish that is no gzip", 7).error().code == Errc::malformed);
}
