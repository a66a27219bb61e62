#pragma once

#include "drivers/decode/item_facts.hpp"
#include "drivers/decode/number_patterns.hpp"
#include "drivers/decode/publications.hpp"
#include "drivers/decode/restricted.hpp"
#include "drivers/decode/scan_message.hpp"
#include "drivers/decode/taiwan.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace till::drivers {

/// What a scan is to a till.
enum class Meaning : std::uint8_t {
    item,            ///< A trade item: `item.gtin`, and what else the symbol says of it.
    shop_item,       ///< A shop's own number that a pattern explains: `restricted`.
    logistic_unit,   ///< An SSCC: `number`.
    customer,        ///< A GSRN of a recipient (AI 8018): a loyalty card by GS1's standard.
    provider,        ///< A GSRN of a provider of services (AI 8017).
    coupon,          ///< AI 255, 8110 or 8112: `number` is its value.
    place,           ///< A GLN.
    gs1_other,       ///< Another GS1 message; see the elements.
    taiwan_carrier,  ///< `taiwan` and `number`, as printed.
    loyalty_card,    ///< By a configured pattern: `pattern` and `number`.
    phone,           ///< By a configured pattern.
    payment_card,    ///< Looks like one: do not store or log. `number` is empty on purpose.
    addon,           ///< An add-on alone, to be joined with the EAN scanned with it.
    text,            ///< Anything else.
};

std::string_view name(Meaning meaning);

/// The shop's configuration.
struct FactRules {
    std::vector<RestrictedPattern> restricted;
    std::vector<NumberPattern> numbers;
};

/// What one scan says. Views into the scan or into the ScanMessage it was read with.
struct ScanFacts {
    Meaning meaning = Meaning::text;
    Symbology symbology = Symbology::none;
    ItemFacts item;
    RestrictedItem restricted;
    Publication publication = Publication::none;
    std::optional<AddOn> addon;
    std::optional<TaiwanCode> taiwan;
    const NumberPattern* pattern = nullptr;
    std::string_view number;
    /// The elements do not belong together by GS1's rules. The item is sold all the same: the
    /// customer did not print the label.
    std::optional<Fault> warning;
    /// The data look as if the scanner, or the printer, had lost an FNC1.
    bool fnc1_missing = false;
};

/// Reads a scan for a till, which must be laxer than GS1's standards: the identifier may be
/// missing, EAN and UPC may come with 8, 12 or 13 digits and with their add-on, ITF-14 carries a
/// GTIN, a web address need not be a Digital Link. Fails where a GS1 message cannot be read, and
/// where digits that must be a GTIN are none.
///
/// `year` (of today) decides the century of dates. `message` is room for what has to be unescaped;
/// reading an EAN, UPC, ITF-14 or element string that is in order allocates nothing.
Decoded<void> read_facts(std::string_view scan, int year, const Dictionary& dictionary,
                         const FactRules& rules, ScanMessage& message, ScanFacts& out);

}  // namespace till::drivers
