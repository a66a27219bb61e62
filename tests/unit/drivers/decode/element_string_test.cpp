#include "drivers/decode/element_string.hpp"

#include "drivers/decode/scan_message.hpp"

#include <catch2/catch.hpp>

using namespace till::drivers;

namespace {

struct Read {
    std::string storage;
    ElementList elements;
    Decoded<void> result;
    explicit Read(std::string_view text, DecodeOptions options = {})
        : result{read_bracketed(text, Dictionary::builtin(), options, true, storage, elements)} {}
};

}  // namespace

TEST_CASE("decode: FNC1 stands only where it is needed", "[decode]") {
    const Read read{"(01)09506000134352(10)AB(17)270131|(99)X"};
    REQUIRE(read.result);
    CHECK(read.storage == "^010950600013435210AB^17270131|^99X");
    CHECK(write_raw(read.elements) == read.storage);
    CHECK(write_bracketed(read.elements) == "(01)09506000134352(10)AB(17)270131|(99)X");
    CHECK(write_hri(read.elements.all()[0], true) == "GTIN (01) 09506000134352");
}

TEST_CASE("decode: a bracket in a value is escaped both ways", "[decode]") {
    const Read read{R"((10)A\(B\()"};
    REQUIRE(read.result);
    CHECK(read.elements.all()[0].value == "A(B(");
    CHECK(write_bracketed(read.elements) == R"((10)A\(B\()");
}

TEST_CASE("decode: a superfluous separator is tolerated, a leading one is not", "[decode]") {
    const auto read = [](std::string_view data) {
        ElementList elements;
        return read_elements(data, group_separator, Dictionary::builtin(), {}, elements)
            .has_value();
    };
    CHECK(
        read("0109506000134352\x1d"
             "10A\x1d"));
    CHECK(read("010950600013435210A"));
    CHECK_FALSE(
        read("\x1d"
             "0109506000134352"));
    CHECK_FALSE(
        read("0109506000134352\x1d\x1d"
             "10A"));
    CHECK_FALSE(read(""));
    CHECK_FALSE(read("010950600013435"));
}

TEST_CASE("decode: more elements than there is room for are refused", "[decode]") {
    std::string text;
    for (std::size_t i = 0; i < ElementList::capacity; ++i) text += "(99)X";
    CHECK(Read{text}.result);
    CHECK_FALSE(Read{text + "(99)X"}.result);
}

TEST_CASE("decode: a family of AIs excludes its others but not itself", "[decode]") {
    const Read twice{"(01)09506000134352(3103)000100(3103)000100"};
    CHECK(check_associations(twice.elements, {}));
    const Read other{"(01)09506000134352(3103)000100(3102)000100"};
    CHECK_FALSE(check_associations(other.elements, {}));
}

TEST_CASE("decode: switching requisites off leaves the other rules on", "[decode]") {
    const Read lot{"(10)A"};
    CHECK_FALSE(check_associations(lot.elements, {}));
    CHECK(check_associations(lot.elements, {.requisite_ais = false}));
    const Read differing{"(10)A(10)B"};
    CHECK_FALSE(check_associations(differing.elements, {.requisite_ais = false}));
}

TEST_CASE("decode: a scan message is read again into the same room", "[decode]") {
    ScanMessage message;
    const auto& dictionary = Dictionary::builtin();
    REQUIRE(read_scan("]Q1https://id.gs1.org/01/09506000134352?x=1", dictionary, {}, message));
    CHECK(message.ignored.size() == 1);
    REQUIRE(read_scan("]E04006381333931", dictionary, {}, message));
    CHECK(message_data(message) == "4006381333931");
    CHECK(message.elements.empty());
    CHECK(message.ignored.empty());
    REQUIRE(read_scan("]d2010950600013435210A", dictionary, {}, message));
    CHECK(message_data(message) == "^010950600013435210A");
}

TEST_CASE("decode: what a symbology cannot hold is not sent", "[decode]") {
    const auto sent = [](Symbology symbology, std::string_view data, DecodeOptions options = {}) {
        return write_scan(symbology, data, Dictionary::builtin(), options);
    };
    CHECK_FALSE(sent(Symbology::gs1_128_cca, "plain"));
    CHECK_FALSE(sent(Symbology::data_bar_limited, "24012345678905"));
    CHECK_FALSE(sent(Symbology::ean_8, "4006381333931"));
    CHECK_FALSE(sent(Symbology::none, ""));
    CHECK_FALSE(sent(Symbology::ean_13, "4006381333931|99X"));
    CHECK(*sent(Symbology::ean_13, "400638133393", {.add_check_digit = true})
          == "]E04006381333931");
    CHECK(*sent(Symbology::gs1_128_ccc, "^010950600013435210A|^99X") ==
          "]e0010950600013435210A\x1d" "99X");
}
