#include "drivers/decode/pack_rules.hpp"

#include "drivers/decode/sunrise.hpp"

#include <catch2/catch.hpp>

using namespace till::drivers;
using std::chrono::year;

namespace {
const Gtin milk = *Gtin::parse("4006381333931");
const Gtin bread = *Gtin::parse("036000291452");
}  // namespace

TEST_CASE("decode: the bar code and the QR code of one pack are one item", "[decode]") {
    Presentation shown;
    CHECK(shown.add({milk, Symbology::ean_13, "", ""}).is_new);
    CHECK_FALSE(shown.add({milk, Symbology::qr, "LOT", "7"}).is_new);
    REQUIRE(shown.packs().size() == 1);
    CHECK(shown.packs()[0].lot == "LOT");
    CHECK(shown.packs()[0].has_2d());
    CHECK(shown.add({bread, Symbology::ean_13, "", ""}).is_new);
}

TEST_CASE("decode: identical codes are two packs, unless the serial is the same", "[decode]") {
    Presentation shown;
    CHECK(shown.add({milk, Symbology::ean_13, "", ""}).is_new);
    CHECK(shown.add({milk, Symbology::ean_13, "", ""}).is_new);
    shown.clear();
    CHECK(shown.add({milk, Symbology::qr, "", "1"}).is_new);
    CHECK_FALSE(shown.add({milk, Symbology::qr, "", "1"}).is_new);
    CHECK(shown.add({milk, Symbology::qr, "", "2"}).is_new);
    CHECK_FALSE(shown.add({milk, Symbology::ean_13, "", ""}).is_new);
    CHECK_FALSE(shown.add({milk, Symbology::ean_13, "", ""}).is_new);
    CHECK(shown.add({milk, Symbology::ean_13, "", ""}).is_new);
}

TEST_CASE("decode: different lots are different packs", "[decode]") {
    Presentation shown;
    CHECK(shown.add({milk, Symbology::qr, "A", ""}).is_new);
    CHECK(shown.add({milk, Symbology::data_matrix, "B", ""}).is_new);
}

TEST_CASE("decode: expired and recalled block a sale and say why", "[decode]") {
    ItemFacts item;
    item.gtin = milk;
    item.lot = "A1";
    item.expires = year{2026} / 11 / 23;
    item.best_before = year{2026} / 11 / 1;
    const SaleMoment last_day{year{2026} / 11 / 23, 0};
    const SaleMoment next_day{year{2026} / 11 / 24, 0};
    CHECK(check_sale(item, last_day, {}).size() == 1);
    const auto late = check_sale(item, next_day, {});
    REQUIRE(late.size() == 2);
    CHECK(late[0].blocks);
    CHECK(late[0].reason == "AI 17: expired 2026-11-23");
    CHECK_FALSE(late[1].blocks);
    item.expires_minute = 600;
    CHECK(check_sale(item, {year{2026} / 11 / 23, 600}, {}).size() == 1);
    CHECK(check_sale(item, {year{2026} / 11 / 23, 601}, {}).size() == 2);
}

TEST_CASE("decode: a recall of a lot or serial spares the others", "[decode]") {
    ItemFacts item;
    item.gtin = milk;
    item.lot = "A1";
    const auto hits = [&](const Recall& recall) {
        const std::vector list{recall};
        return check_sale(item, {year{2026} / 1 / 1, 0}, list).size();
    };
    CHECK(hits({milk, "A1", "", "glass"}) == 1);
    CHECK(hits({milk, "", "", "glass"}) == 1);
    CHECK(hits({milk, "B2", "", "glass"}) == 0);
    CHECK(hits({milk, "A1", "7", "glass"}) == 0);
    CHECK(hits({bread, "A1", "", "glass"}) == 0);
}

TEST_CASE("decode: the Sunrise figures count packs per scanner", "[decode]") {
    SunriseCounts counts;
    Presentation shown;
    shown.add({milk, Symbology::ean_13, "", ""});
    shown.add({milk, Symbology::qr, "", ""});
    shown.add({bread, Symbology::ean_13, "", ""});
    counts.add_packs("till 3", shown);
    counts.add_scan("till 3", true);
    counts.add_scan("till 3", false);
    const auto& figures = counts.by_scanner().at("till 3");
    CHECK(figures.packs == 2);
    CHECK(figures.packs_with_2d == 1);
    CHECK(figures.share_2d_permille() == 500);
    CHECK(figures.scans == 2);
    CHECK(figures.fnc1_missing == 1);
    CHECK(SunriseFigures{}.share_2d_permille() == 0);
}
