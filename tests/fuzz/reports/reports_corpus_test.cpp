#include "tests/support/hid_descriptors.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <random>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

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
                        "12\r\n")};
}

void feed(const Bytes& input) {
    CHECK(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size())
          == 0);
}

}  // namespace

TEST_CASE("reports: the corpus and a thousand damages of each input are survived", "[fuzz]") {
    std::mt19937_64 engine{7};
    for (const Bytes& input : corpus()) {
        feed(input);
        for (int i = 0; i < 1000; ++i) {
            Bytes damaged = input;
            for (auto edits = engine() % 4; edits-- > 0;)
                damaged[engine() % damaged.size()] = static_cast<char>(engine());
            if (engine() % 4 == 0) damaged.resize(engine() % damaged.size());
            if (engine() % 4 == 0) damaged += input.substr(engine() % input.size());
            feed(damaged);
        }
    }
}
