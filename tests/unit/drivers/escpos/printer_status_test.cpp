#include "drivers/escpos/printer_status.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::drivers;

namespace {

std::vector<PrinterStatus> read(BytesView bytes) { return PrinterStatusReader{}.take(bytes); }

using All = std::vector<PrinterStatus>;
constexpr PrinterStatus automatic{.pin3_high = false, .offline = false, .unasked = true};
constexpr PrinterStatus answer{.pin3_high = false, .offline = false, .unasked = false};

}  // namespace

TEST_CASE("escpos: an automatic status and an answer are told apart by their fixed bits",
          "[escpos]") {
    CHECK(read({"\x10\x00\x00\x0f", 4}) == All{automatic});
    CHECK(read({"\x12", 1}) == All{answer});
    CHECK(read({"\x10\x00\x00\x0f\x12\x10\x00\x00\x00", 9}) == All{automatic, answer, automatic});
}

TEST_CASE("escpos: the drawer's switch and \"offline\" are read from both", "[escpos]") {
    CHECK(read({"\x14\x00\x00\x00", 4}) == All{{true, false, true}});
    CHECK(read({"\x3c\x24\x6c\x0f", 4}) == All{{true, true, true}});
    CHECK(read({"\x16", 1}) == All{{true, false, false}});
    CHECK(read({"\x5e", 1}) == All{{true, true, false}});
}

TEST_CASE("escpos: a status may come in pieces, with an answer in its middle", "[escpos]") {
    PrinterStatusReader reader;
    CHECK(reader.take({"\x14\x00", 2}).empty());
    CHECK(reader.take({"\x12\x00", 2}) == All{answer});
    CHECK(reader.take({"\x0f", 1}) == All{{true, false, true}});
}

TEST_CASE("escpos: what is no status is passed over, and the next one is found", "[escpos]") {
    CHECK(read("_\x81\xff\x93\x20").empty());
    CHECK(read({"\x11\x13", 2}).empty());  // XON, XOFF.
    CHECK(read({"\x10\x00\x10\x00\x00\x00", 6}) == All{automatic});
    CHECK(read({"\x10\x00\xff\x14\x00\x00\x00", 7}) == All{{true, false, true}});
}
