#include "support.hpp"

#include <catch2/catch.hpp>

#include <random>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

using namespace till;

namespace {

const std::string corpus[] = {
    "",
    "1,2024-01-01,1,2,3,me,cash,9\r\n",
    "\"1\",\"112/03/05 10:00\",-1,\"1,5\",,\"a\"\"b\",,\n\"open,\n2,1120305,3,,4,,,\r3",
    "C1,990305,-9999999999,999999999,0,,,\nC1,1.2.24 1:00 PM,0,1,1,x,,1.000,5\n",
    "\xff\xfe"
    "1\0,\0\x3c\xd8,\0",
    "\xef\xbb\xbf\xe9\x8c,\xfa\x7c\x81\n",
    "9223372036854775807,2024-02-30,9223372036854775807,-9223372036854775807,1\n",
    "1,2024-01-01,0,000000001,9223372036854775807,,,\n",
    "1,2024-01-01,-9223372036854775808,,-9223372036854775808,,,\n",
};

void fuzz(std::string bytes) {
    for (const char choice : {'\0', '\1', '\2', '\3', '\4', '\10', '\14'}) {
        const std::string input = choice + bytes;
        CHECK(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()),
                                     input.size())
              == 0);
    }
}

}  // namespace

TEST_CASE("capture: what fuzzing found, and what is near it, reads the same in any pieces",
          "[capture]") {
    const unsigned seed = GENERATE(range(0U, 20U));
    std::mt19937 random{seed};
    CAPTURE(seed);
    for (const std::string& sample : corpus) {
        fuzz(sample);
        std::string changed = sample + gzip(sample);
        for (int at = 0; at < 6; ++at)
            changed[random() % changed.size()] =
                "\",;\n\r\0\xff"
                "1C-./\xa4\x40"[random() % 14];
        fuzz(changed);
    }
}
