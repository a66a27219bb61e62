#include "drivers/decode/keyboard_wedge.hpp"
#include "tests/support/hid_descriptors.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::drivers;

namespace {

/// Presses and releases each key: pairs of modifier and key, in hex.
std::string typed(KeyboardLayout keyboard, std::string_view pairs) {
    WedgeDecoder decoder{KeyReportLayout::boot(), keyboard};
    std::string out;
    for (std::size_t at = 0; at < pairs.size(); at += 4) {
        const auto pair = *unhex(pairs.substr(at, 4));
        const Bytes down{pair[0], '\0', pair[1], '\0', '\0', '\0', '\0', '\0'};
        if (const auto line = decoder.take(down)) out += *line;
        if (const auto line = decoder.take(Bytes(8, '\0'))) out += *line;
    }
    return out.empty() ? decoder.flush() : out;
}

}  // namespace

TEST_CASE("wedge: the layout comes from the descriptor", "[decode]") {
    const auto hid = HidDescriptor::parse(tests::keyboard_descriptor());
    REQUIRE(hid);
    const auto layout = KeyReportLayout::find(*hid);
    REQUIRE(layout);
    CHECK(layout->modifiers.bit_offset == 0);
    CHECK(layout->keys.first_byte() == 2);
    CHECK(layout->keys.count == 6);
    CHECK_FALSE(KeyReportLayout::find(*HidDescriptor::parse(tests::scale_descriptor())));
}

TEST_CASE("wedge: GS stays in a GS1 scan, typed as Ctrl+] or with Alt and the number pad",
          "[decode]") {
    CHECK(typed(KeyboardLayout::us,
                "001e01300014"
                "0028")
          == "1\x1dq");
    // Alt held over 0, 0, 2, 9 of the number pad.
    WedgeDecoder decoder{KeyReportLayout::boot(), KeyboardLayout::us};
    for (const char* report :
         {"0400620000000000", "0400000000000000", "0400620000000000", "0400000000000000",
          "04005a0000000000", "0400610000000000", "0000000000000000"})
        CHECK_FALSE(decoder.take(*unhex(report)));
    CHECK(decoder.flush() == "\x1d");
}

TEST_CASE("wedge: each layout has its own letters and signs", "[decode]") {
    CHECK(typed(KeyboardLayout::us, "001c001d021f0231") == "yz@|");
    CHECK(typed(KeyboardLayout::uk, "0234021f0064") == "@\"\\");
    CHECK(typed(KeyboardLayout::de,
                "001c001d4014022440250026"
                "002d")
          == "zy@/[9ß");
    // ^ waits for the blank that a scanner sends behind it; ° does not.
    CHECK(typed(KeyboardLayout::de, "0035002c002c0235002c") == "^ ° ");
}

TEST_CASE("wedge: a key in any slot counts once until it is let go", "[decode]") {
    WedgeDecoder decoder{KeyReportLayout::boot(), KeyboardLayout::us};
    CHECK_FALSE(decoder.take(*unhex("00000000001e0000")));
    CHECK_FALSE(decoder.take(*unhex("00001e001f000000")));
    CHECK_FALSE(decoder.take(*unhex("0000010101010101")));  // Roll-over: no news.
    CHECK_FALSE(decoder.take(*unhex("00001e0000000000")));
    CHECK_FALSE(decoder.take(*unhex("0000")));
    CHECK(decoder.take(*unhex("0000280000000000")) == "12");
    CHECK_FALSE(decoder.take(*unhex("0000280000000000")));
}
