// Fuzz target of drivers/decode. The first byte picks what is read; the rest is what a scanner
// sent. What was read must survive being written and read again.

#include "drivers/decode/scan_facts.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace till::drivers;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

DecodeOptions options_of(std::uint8_t bits) {
    DecodeOptions options;
    options.permit_unknown_ais = (bits & 1) != 0;
    options.zero_suppressed_gtin = (bits & 2) != 0;
    options.convenience_alphas = (bits & 4) != 0;
    options.unknown_ai_not_attribute = (bits & 8) == 0;
    return options;
}

void read_as_scan(std::string_view text, const DecodeOptions& options) {
    ScanMessage message;
    const auto& dictionary = Dictionary::builtin();
    if (!read_scan(text, dictionary, options, message) || message.elements.empty()) return;
    for (const auto& element : message.elements.all()) must(check_value(element).has_value());
    std::string storage;
    ElementList again;
    must(read_bracketed(write_bracketed(message.elements), dictionary, options, false, storage,
                        again)
             .has_value());
    must(write_bracketed(again) == write_bracketed(message.elements));
}

void read_as_brackets(std::string_view text, const DecodeOptions& options) {
    std::string storage;
    ElementList elements;
    const auto& dictionary = Dictionary::builtin();
    if (!read_bracketed(text, dictionary, options, true, storage, elements)) return;
    must(write_raw(elements) == storage);
    const auto uri = write_digital_link(elements, canonical_stem, options);
    if (!uri) return;
    std::string link_storage;
    ElementList linked;
    std::vector<std::string_view> ignored;
    // Where AIs repeat with other values no link says the same; associations forbid that.
    if (check_associations(elements, options))
        must(read_digital_link(*uri, dictionary, options, link_storage, linked, ignored)
                 .has_value());
}

void read_as_link(std::string_view text, const DecodeOptions& options) {
    std::string storage;
    ElementList elements;
    std::vector<std::string_view> ignored;
    if (!read_digital_link(text, Dictionary::builtin(), options, storage, elements, ignored))
        return;
    must(write_raw(elements) == storage);
    must(write_digital_link(elements, canonical_stem, options).has_value());
}

void read_as_facts(std::string_view text) {
    static const FactRules rules{{RestrictedPattern::make("price", "20IIIIIVPPPPC", 2).value()},
                                 {{"club", NumberKind::loyalty_card, "6365", 16, 16, true},
                                  {"mobile", NumberKind::phone, "09", 10, 10, false}}};
    ScanMessage message;
    ScanFacts facts;
    if (!read_facts(text, 2026, Dictionary::builtin(), rules, message, facts)) return;
    if (facts.meaning == Meaning::payment_card) must(facts.number.empty());
    if (facts.meaning == Meaning::item) must(facts.item.gtin.has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
    const auto options = options_of(static_cast<std::uint8_t>(data[0] >> 4));
    switch (data[0] % 5) {
        case 0:
            read_as_scan(text, options);
            break;
        case 1:
            read_as_brackets(text, options);
            break;
        case 2:
            read_as_link(text, options);
            break;
        case 3:
            read_as_facts(text);
            break;
        default:
            static_cast<void>(Dictionary::parse(text).has_value());
            break;
    }
    return 0;
}
