#include "drivers/decode/hid_order.hpp"
#include "drivers/decode/msr_report.hpp"
#include "drivers/decode/scale_report.hpp"
#include "drivers/decode/scan_report.hpp"
#include "tests/support/hid_descriptors.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace till;
using namespace till::drivers;

namespace {

ScanReportLayout scanner(const Bytes& descriptor) {
    return *ScanReportLayout::find(*HidDescriptor::parse(descriptor));
}

Bytes report(std::string_view head, std::string_view data, bool more = false) {
    Bytes out{"\x02"};
    out += static_cast<char>(data.size());
    out += head;
    out += data;
    out.resize(64);
    if (more) out[63] = 1;
    return out;
}

ScaleReportLayout scale() {
    return *ScaleReportLayout::find(*HidDescriptor::parse(tests::scale_descriptor()));
}

std::string grams(std::string_view hex_report) {
    const auto reading = read_weight(*unhex(hex_report), scale());
    return (*reading)->grams()->text();
}

/// A swipe with these tracks, as MagTek's readers send it.
Bytes swipe(std::initializer_list<std::string_view> tracks) {
    Bytes out(337, '\0');
    std::size_t index = 0;
    for (const auto track : tracks) {
        out[3 + index] = static_cast<char>(track.size());
        std::ranges::copy(track, out.begin() + static_cast<std::ptrdiff_t>(7 + 110 * index));
        ++index;
    }
    return out;
}

Result<std::optional<LoyaltySwipe>> read(Bytes& bytes) {
    const auto layout = *MsrReportLayout::find(*HidDescriptor::parse(tests::msr_descriptor()));
    return read_swipe({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}, layout);
}

}  // namespace

TEST_CASE("scan report: pieces become one scan, and the next one begins anew", "[decode]") {
    ScanAssembler assembler{scanner(tests::scanner_descriptor())};
    CHECK_FALSE(*assembler.take(report("]C1", std::string(56, '1'), true)));
    CHECK(assembler.is_waiting());
    CHECK_FALSE(*assembler.take(*unhex("0400")));
    const auto whole = assembler.take(report("]C1",
                                             "2\x1d"
                                             "3"));
    REQUIRE((whole && *whole));
    CHECK((*whole)->aim == "]C1");
    CHECK((*whole)->data == std::string(56, '1') + "2\x1d""3");
    CHECK((*assembler.take(report("]E0", "4006381333931")))->data == "4006381333931");
}

TEST_CASE("scan report: makers' other layouts are read too", "[decode]") {
    ScanAssembler bare{scanner(tests::bare_scanner_descriptor())};
    const auto scan = bare.take(report("", "4006381333931"));
    REQUIRE((scan && *scan));
    CHECK((*scan)->aim.empty());
    CHECK((*scan)->data == "4006381333931");
    // The identifier one byte later than described.
    ScanAssembler late{scanner(tests::scanner_descriptor())};
    const auto shifted = late.take(report(std::string_view{"\0]E0", 4}, "4006381333931"));
    REQUIRE((shifted && *shifted));
    CHECK((*shifted)->aim == "]E0");
    CHECK((*shifted)->data.substr(0, 13) == "4006381333931");
}

TEST_CASE("scan report: one that contradicts itself is refused and forgotten", "[decode]") {
    ScanAssembler assembler{scanner(tests::scanner_descriptor())};
    CHECK_FALSE(*assembler.take(report("]E0", "1", true)));
    Bytes lying = report("]E0", "1");
    lying[1] = 57;
    CHECK_FALSE(assembler.take(lying));
    CHECK_FALSE(assembler.is_waiting());
    CHECK_FALSE(assembler.take(*unhex("0201")));
    for (int i = 0; i < 146; ++i)
        REQUIRE(assembler.take(report("]Q1", std::string(56, 'x'), true)));
    CHECK_FALSE(assembler.take(report("]Q1", std::string(56, 'x'), true)));
}

TEST_CASE("scale: units and exponents become grams exactly", "[decode]") {
    CHECK(grams("030402001400") == "20");
    CHECK(grams("03040bff3419") == "18291.11232025");  // 645.2 oz
    CHECK(grams("03040c000100") == "453.59237");
    CHECK(grams("030403fdd204") == "1234");  // 1.234 kg
    CHECK(grams("030402020100") == "100");
    CHECK(grams("030502ff0500") == "-0.5");
}

TEST_CASE("scale: only what rests may be sold", "[decode]") {
    const std::array<std::string_view, 9> statuses{"00", "01", "02", "03", "04",
                                                   "05", "06", "07", "08"};
    for (const auto status : statuses) {
        CAPTURE(status);
        const auto bytes = *unhex("03" + std::string{status} + "02001400");
        CHECK((*read_weight(bytes, scale()))->may_be_sold() == (status == "04"));
    }
    CHECK_FALSE(*read_weight(*unhex("04010203"), scale()));
    CHECK_FALSE(read_weight(*unhex("03040200"), scale()));
    CHECK_FALSE(read_weight(*unhex("030402801400"), scale()));
    CHECK_FALSE((*read_weight(*unhex("030407001400"), scale()))->grams());
}

TEST_CASE("msr: a loyalty card's tracks come out and the report is wiped", "[decode]") {
    Bytes bytes = swipe({"%ACLUB^0042?", ";63650042=99?"});
    const auto read_back = read(bytes);
    REQUIRE((read_back && *read_back));
    CHECK((*read_back)->tracks == std::vector<std::string>{"ACLUB^0042", "63650042=99"});
    CHECK(bytes == Bytes(337, '\0'));
}

TEST_CASE("msr: a payment card leaves nothing behind, on whichever track it is", "[decode]") {
    const auto tracks = GENERATE(std::vector<std::string>{"%B4111111111111111^X/Y^29?", ""},
                                 std::vector<std::string>{"", ";4111111111111111=2912?"},
                                 std::vector<std::string>{"%ACLUB?", ";378282246310005=29?"},
                                 std::vector<std::string>{"", ";594111111111111111=2912?"},
                                 std::vector<std::string>{"%A4111 1111 1111 1111^X?", ""});
    Bytes bytes = swipe({tracks[0], tracks[1]});
    const auto refused = read(bytes);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::forbidden);
    CHECK(refused.error().detail.find("4111") == std::string::npos);
    CHECK(bytes == Bytes(337, '\0'));
}

TEST_CASE("msr: lengths beyond the track are refused", "[decode]") {
    Bytes bytes = swipe({"%A1?", ""});
    bytes[3] = '\x7f';
    CHECK_FALSE(read(bytes));
    Bytes cut(20, '\1');
    CHECK_FALSE(read(cut));
    Bytes nothing = swipe({"", ""});
    CHECK_FALSE(*read(nothing));
}

TEST_CASE("order: one bit of the report that has it is set, its id first", "[decode]") {
    // Report 7: eleven bits of which the tenth zeroes the scale; as a feature.
    const auto device = *HidDescriptor::parse(
        *unhex("058d0920a1018507150025017501950909700980b102950119800980b102c0"));
    const auto order = find_order(device, hid_usage(0x8D, 0x80));
    REQUIRE(order);
    CHECK(order->kind == HidReportKind::feature);
    CHECK(order->report.front() == 7);
    CHECK_FALSE(find_order(device, hid_usage(0x8D, 0x81)));
}

TEST_CASE("scale: what is sold is what lies there without its tare, exactly", "[decode]") {
    // 500 g, resting, and a bowl of 120.5 g.
    auto reading = **read_weight(*unhex("03040200f401"), scale());
    reading.tare = Decimal{1205, 1};
    CHECK(reading.gross_grams()->text() == "500");
    CHECK(reading.grams()->text() == "379.5");
    CHECK(reading.may_be_sold());
    reading.tare = Decimal{500, 0};
    CHECK(reading.grams()->text() == "0");
    CHECK_FALSE(reading.may_be_sold());
    reading.tare = Decimal{900, 0};
    CHECK_FALSE(reading.may_be_sold());
}
