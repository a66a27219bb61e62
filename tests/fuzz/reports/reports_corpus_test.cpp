#include "tests/fuzz/damages.hpp"
#include "tests/support/hid_descriptors.hpp"

using namespace till;

namespace {

Bytes piece(const Bytes& bytes) {
    return Bytes{static_cast<char>(bytes.size() / 256), static_cast<char>(bytes.size() % 256)}
           + bytes;
}

/// Each device with one report of its own, and a line with a packet of SSI.
std::vector<Bytes> corpus() {
    const Bytes scan =
        "\x02\x02]E0"
        "12"
        + Bytes(57, '\0');
    Bytes swipe(337, '\0');
    swipe[3] = '\x06';
    swipe.replace(7, 6, "%ACLUB");
    return {'\0' + piece(tests::scanner_descriptor()) + piece(scan) + piece(scan),
            '\0' + piece(tests::bare_scanner_descriptor()) + piece(scan),
            '\0' + piece(tests::keyboard_descriptor()) + piece(*unhex("02001e1f00280000")),
            '\0' + piece(tests::scale_descriptor()) + piece(*unhex("03040bff3419")),
            '\0' + piece(tests::msr_descriptor()) + piece(swipe),
            '\2' + piece("]E04006381333931\r") + piece(*unhex("04d00400ff28")),
            '\3'
                + piece("\x02"
                        "12\r\n"),
            '\6' + piece("one\x06.") + piece("") + piece("4006381333931\r"),
            '\x0a' + piece(*unhex("04d00000ff2c")) + piece("")};
}

}  // namespace

TEST_CASE("reports: the corpus and a thousand damages of each input are survived", "[fuzz]") {
    feed_damaged(corpus(), 1000);
}
