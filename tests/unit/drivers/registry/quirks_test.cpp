#include "drivers/registry/quirks.hpp"

#include "tests/support/scratch.hpp"

#include <catch2/catch.hpp>

#include <fstream>

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

TEST_CASE("quirks: a receipt printer is known by its number, an office printer of its maker is not",
          "[registry]") {
    Quirks quirks = Quirks::builtin();
    CHECK(quirks.find(0x04b8, 0x0202).printer);
    CHECK(quirks.find(0x04b8, 0x0202).drawer == DrawerSwitch::open_is_low);
    CHECK_FALSE(quirks.find(0x04b8, 0x1142).printer);
    quirks.leave_printers();
    CHECK_FALSE(quirks.find(0x04b8, 0x0202).printer);
    const auto other =
        Quirks::parse("[[device]]\nvid = 1\nprinter = \"escpos\"\ndrawer_open = \"high\"\n");
    CHECK(other->find(1, 2).drawer == DrawerSwitch::open_is_high);
}

TEST_CASE("quirks: a shop's own rows go before those that are built in", "[registry]") {
    const Scratch scratch;
    const auto file = scratch.path / "own.toml";
    std::ofstream{file} << "[[device]]\nvid = 0x04b8\npid = 0x0d30\ndisplay = \"escpos\"\n"
                           "charset = \"CP950\"\nrows = 4\n"
                           "[[device]]\nvid = 0x04b8\npid = 0x0202\nignore = true\n";
    const auto quirks = Quirks::with(file);
    REQUIRE(quirks);
    CHECK(quirks->find(0x04b8, 0x0d30).display->charset == "CP950");
    CHECK(quirks->find(0x04b8, 0x0d30).display->rows == 4);
    CHECK(quirks->find(0x04b8, 0x0202).ignore);
    CHECK(quirks->find(0x04b8, 0x0e03).printer);
    CHECK(Quirks::with(scratch.path / "none").error().code == Errc::not_found);
}

TEST_CASE("quirks: a wrong row is named", "[registry]") {
    CHECK(Quirks::parse("[[device]]\nvid = 1\n[[device]]\npid = 2\n").error().field
          == "device[1].vid");
    CHECK(Quirks::parse("[[device]]\nvid = 1\nwedge = \"fr\"\n").error().field
          == "device[0].wedge");
    CHECK(Quirks::parse("[[device]]\nvid = 70000\n").error().field == "device[0].vid");
    CHECK(Quirks::parse("device = [1]\n").error().field == "device[0]");
    CHECK(Quirks::parse("[[device]]\nvid = 1\nprinter = \"zpl\"\n").error().field
          == "device[0].printer");
    CHECK(Quirks::parse("[[device]]\nvid = 1\ndrawer_open = \"up\"\n").error().field
          == "device[0].drawer_open");
    const std::string display = "[[device]]\nvid = 1\ndisplay = \"escpos\"\n";
    CHECK(Quirks::parse(display + "charset = \"KLINGON\"\n").error().field == "device[0].charset");
    CHECK(Quirks::parse(display + "columns = 900\n").error().field == "device[0].columns");
    CHECK(Quirks::parse("[[").error().code == Errc::malformed);
}

}  // namespace till::drivers
