#include "drivers/decode/scan_facts.hpp"

#include "drivers/decode/lost_fnc1.hpp"
#include "drivers/decode/sunrise.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::drivers;

namespace {

struct Told {
    ScanMessage message;
    ScanFacts facts;
    Decoded<void> result;
    explicit Told(std::string_view scan, const FactRules& rules = {})
        : result{read_facts(scan, 2026, Dictionary::builtin(), rules, message, facts)} {}
};

std::string gtin_of(std::string_view scan) {
    const Told told{scan};
    if (!told.result || !told.facts.item.gtin) return "none";
    return std::string{told.facts.item.gtin->text()};
}

}  // namespace

TEST_CASE("decode: every way a scanner sends a GTIN gives the same item", "[decode]") {
    for (const auto* scan :
         {"]E0036000291452", "]E00036000291452", "036000291452", "0036000291452",
          "]C10100036000291452", "]e00100036000291452", "]d20100036000291452",
          "]Q30100036000291452\x1d", "]I100036000291452", "]I000036000291452",
          "]Q1https://x.example/01/00036000291452", "]Q1036000291452", "]E303600029145251299",
          "]E30036000291452 07", "]Z9036000291452", "https://id.gs1.org/01/00036000291452/10/A",
          "]E00036000291452|]e099X"}) {
        CAPTURE(scan);
        CHECK(gtin_of(scan) == "00036000291452");
    }
    CHECK(gtin_of("]E004252614") == "00042100005264");
    CHECK(gtin_of("]E496385074") == "00000096385074");
}

TEST_CASE("decode: digits that must be a GTIN and are none are refused", "[decode]") {
    for (const auto* scan : {"]E0036000291453", "]E4", "]E0ABC", "]I100036000291453",
                             "]C10100036000291453", "]E30360002914", "]Q3"}) {
        CAPTURE(scan);
        CHECK_FALSE(Told{scan}.result);
    }
}

TEST_CASE("decode: what an element string says of an item", "[decode]") {
    const Told told{
        "]Q30109506000134352310300125015261130"
        "17270200393297812345\x1d"
        "10LOT\x1d"
        "21SER"};
    REQUIRE(told.result);
    const auto& item = told.facts.item;
    CHECK(item.lot == "LOT");
    CHECK(item.serial == "SER");
    CHECK(*item.weight_kg == Decimal{1250, 3});
    CHECK(*item.price == Decimal{12345, 2});
    CHECK(item.currency == "978");
    CHECK(*item.expires == std::chrono::year{2027} / 2 / 28);
    CHECK(*item.best_before == std::chrono::year{2026} / 11 / 30);
    CHECK_FALSE(told.facts.warning);
}

TEST_CASE("decode: a label that breaks a rule between elements is sold with a warning",
          "[decode]") {
    const Told told{"]C10109506000134352392299"};
    REQUIRE(told.result);
    CHECK(told.facts.meaning == Meaning::item);
    CHECK(told.facts.warning);
}

TEST_CASE("decode: two digits of a year mean the nearest century", "[decode]") {
    CHECK(read_date("760101", 2026)->year() == std::chrono::year{2076});
    CHECK(read_date("770101", 2026)->year() == std::chrono::year{1977});
    CHECK(read_date("000101", 2051)->year() == std::chrono::year{2100});
    CHECK(read_date("260200", 2026)->day() == std::chrono::day{28});
    CHECK_FALSE(read_date("261301", 2026));
}

TEST_CASE("decode: cards and phones are what the shop says they are", "[decode]") {
    const FactRules rules{{},
                          {{"club", NumberKind::loyalty_card, "6365", 16, 16, true},
                           {"mobile", NumberKind::phone, "09", 10, 10, false}}};
    CHECK(Told("6365000000000009", rules).facts.meaning == Meaning::text);
    CHECK(Told("6365000000000006", rules).facts.meaning == Meaning::loyalty_card);
    CHECK(Told("0912-345-678", rules).facts.meaning == Meaning::phone);
    const Told bank{"4111111111111111", rules};
    CHECK(bank.facts.meaning == Meaning::payment_card);
    CHECK(bank.facts.number.empty());
    CHECK(Told("]C1801812345678901234567"
               "5",
               rules)
              .facts.meaning
          == Meaning::customer);
}

TEST_CASE("decode: a dropped FNC1 raises suspicion, a long lot does not", "[decode]") {
    const auto& dictionary = Dictionary::builtin();
    CHECK(lost_separator("010950600013435210A17270131", dictionary));
    CHECK_FALSE(
        lost_separator("010950600013435210A\x1d"
                       "17270131",
                       dictionary));
    CHECK_FALSE(lost_separator("010950600013435210LOT-A-9", dictionary));
    CHECK(lost_first_fnc1("010950600013435217270131", dictionary));
    CHECK_FALSE(lost_first_fnc1("0109506000134353", dictionary));
    CHECK_FALSE(lost_first_fnc1("hello", dictionary));
}
