#include "drivers/registry/quirks.hpp"

#include <catch2/catch.hpp>

namespace till::drivers {

TEST_CASE("quirks: the table that is built in can be read, and a stranger has none", "[registry]") {
    const Quirks quirks = Quirks::builtin();
    CHECK(quirks.find(0x0c2e, 0x1234).wedge == KeyboardLayout::us);
    CHECK(quirks.find(0x0c2e, 0x1234).serial);
    const Quirk stranger = quirks.find(0x046d, 0xc31c);
    CHECK_FALSE(stranger.wedge);
    CHECK_FALSE(stranger.serial);
    CHECK_FALSE(stranger.ignore);
}

TEST_CASE("quirks: the first row that fits counts, and one may be left alone", "[registry]") {
    auto quirks = Quirks::parse(
        "[[device]]\nvid = 1\npid = 2\nwedge = \"de\"\n[[device]]\nvid = 1\nserial = true\n");
    REQUIRE(quirks);
    CHECK(quirks->find(1, 2).wedge == KeyboardLayout::de);
    CHECK(quirks->find(1, 3).serial);
    CHECK(Quirks::parse("[[device]]\nvid = 1\nignore = true\n")->find(1, 2).ignore);
}

TEST_CASE("quirks: a wrong row is named", "[registry]") {
    CHECK(Quirks::parse("[[device]]\nvid = 1\n[[device]]\npid = 2\n").error().field
          == "device[1].vid");
    CHECK(Quirks::parse("[[device]]\nvid = 1\nwedge = \"fr\"\n").error().field
          == "device[0].wedge");
    CHECK(Quirks::parse("[[device]]\nvid = 70000\n").error().field == "device[0].vid");
    CHECK(Quirks::parse("device = [1]\n").error().field == "device[0]");
    CHECK(Quirks::parse("[[").error().code == Errc::malformed);
}

}  // namespace till::drivers
