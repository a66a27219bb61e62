#include "drivers/decode/hid_descriptor.hpp"
#include "tests/support/hid_descriptors.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::drivers;

TEST_CASE("hid: a descriptor's fields lie where the report has them", "[decode]") {
    const auto hid = HidDescriptor::parse(tests::scanner_descriptor());
    REQUIRE(hid);
    CHECK(hid->has_application(hid_usage(0x8C, 0x02)));
    CHECK(hid->numbers_reports());
    CHECK(hid->report_bytes(HidReportKind::input, 2) == 64);
    CHECK(hid->report_bytes(HidReportKind::output, 4) == 2);
    CHECK(hid->report_bytes(HidReportKind::input, 4) == 0);
    const auto* data = hid->find(HidReportKind::input, hid_usage(0x8C, 0xFE));
    REQUIRE(data != nullptr);
    CHECK(data->first_byte() == 5);
    CHECK(data->bytes() == 56);
    CHECK(data->collection == hid_usage(0x8C, 0x12));
}

TEST_CASE("hid: what is cut short or does not close is malformed", "[decode]") {
    const Bytes whole = tests::scale_descriptor();
    // Before its first collection nothing is open yet.
    for (std::size_t size = 6; size < whole.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(HidDescriptor::parse(BytesView{whole}.substr(0, size)));
    }
    CHECK_FALSE(HidDescriptor::parse(*unhex("c0")));
    CHECK_FALSE(HidDescriptor::parse(*unhex("b4")));
    CHECK_FALSE(HidDescriptor::parse(*unhex("8500")));
}

TEST_CASE("hid: nesting, pushes and sizes without end are refused", "[decode]") {
    Bytes nested;
    Bytes pushed;
    for (int i = 0; i < 17; ++i) {
        nested += *unhex("a101");
        pushed += *unhex("a4");
    }
    nested += Bytes(17, '\xC0');
    CHECK_FALSE(HidDescriptor::parse(nested));
    CHECK_FALSE(HidDescriptor::parse(pushed));
    // 4,294,967,295 elements of as many bits; then many reports' worth in one report.
    CHECK_FALSE(HidDescriptor::parse(*unhex("a10177ffffffff97ffffffff8102c0")));
    CHECK_FALSE(HidDescriptor::parse(*unhex("a10175089700ff0000810281028102c0")));
    CHECK_FALSE(HidDescriptor::parse(Bytes(4097, '\0')));
}

TEST_CASE("hid: elements are read bit by bit, with their sign, inside the report only",
          "[decode]") {
    const HidField nibble{.bit_offset = 12, .bits = 5, .count = 2, .logical_min = -16};
    const Bytes report = *unhex("00f00100");
    CHECK(read_element(report, nibble) == 0x1F);
    CHECK(read_signed(report, nibble) == -1);
    CHECK(read_signed(report, nibble, 1) == 0);
    CHECK_FALSE(read_element(report, nibble, 2));
    CHECK_FALSE(read_element(BytesView{report}.substr(0, 2), nibble));
}
