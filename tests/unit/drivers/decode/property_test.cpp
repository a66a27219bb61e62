#include "drivers/decode/gtin.hpp"
#include "drivers/decode/scan_message.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

using namespace till::drivers;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// Messages of real AIs with random values, from one seed.
class Generator {
public:
    explicit Generator(unsigned seed) : random_{seed} {}

    std::string message() {
        std::string gtin = digits(13);
        gtin += mod10_check_digit(gtin);
        std::string out = "(01)" + gtin;
        if (one_in(2)) out += "(10)" + text(20);
        if (one_in(2)) out += "(21)" + text(20);
        if (one_in(3)) out += "(17)2" + digits(1) + "0" + std::to_string(1 + pick(9)) + "15";
        if (one_in(3)) out += "(3103)" + digits(6);
        if (one_in(3)) out += "(240)" + text(30);
        if (one_in(3)) out += "(99)" + text(90);
        if (one_in(4)) out += "(8005)" + digits(6);
        return out;
    }

private:
    unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }
    bool one_in(unsigned n) { return pick(n) == 0; }
    std::string digits(std::size_t count) {
        std::string out;
        while (out.size() < count) out += static_cast<char>('0' + pick(10));
        return out;
    }
    std::string text(unsigned longest) {
        constexpr std::string_view set = "!\"%&'()*+,-./0123456789:;<=>?ABCXYZ_abcxyz";
        std::string out;
        for (auto left = 1 + pick(longest); left > 0; --left) {
            const char c = set[pick(static_cast<unsigned>(set.size()))];
            if (c == '(') out += '\\';
            out += c;
        }
        return out;
    }

    std::mt19937 random_;
};

Pairs sorted_pairs(const ElementList& elements) {
    Pairs out;
    for (const auto& element : elements.all()) out.emplace_back(element.ai, element.value);
    std::ranges::sort(out);
    return out;
}

}  // namespace

TEST_CASE("decode: brackets, raw, scan and Digital Link carry the same elements", "[decode]") {
    const auto& dictionary = Dictionary::builtin();
    const auto seed = GENERATE(range(1U, 400U));
    CAPTURE(seed);
    const auto text = Generator{seed}.message();
    CAPTURE(text);

    std::string storage;
    ElementList bracketed;
    REQUIRE(read_bracketed(text, dictionary, {}, false, storage, bracketed));
    const auto expected = sorted_pairs(bracketed);
    const auto symbology = seed % 2 == 0 ? Symbology::qr : Symbology::data_bar_expanded;
    const auto scan = write_scan(symbology, write_raw(bracketed), dictionary, {});
    REQUIRE(scan);
    ScanMessage message;
    REQUIRE(read_scan(*scan, dictionary, {}, message));
    CHECK(sorted_pairs(message.elements) == expected);
    CHECK(write_bracketed(message.elements) == text);

    const auto uri = write_digital_link(message.elements, canonical_stem, {});
    REQUIRE(uri);
    std::string link_storage;
    ElementList linked;
    std::vector<std::string_view> ignored;
    REQUIRE(read_digital_link(*uri, dictionary, {}, link_storage, linked, ignored));
    CHECK(sorted_pairs(linked) == expected);
    CHECK(*write_digital_link(linked, canonical_stem, {}) == *uri);
}
