#include "drivers/decode/scan_facts.hpp"

#include "drivers/decode/linters.hpp"
#include "drivers/decode/lost_fnc1.hpp"
#include "drivers/decode/upce.hpp"

#include <algorithm>
#include <array>

namespace till::drivers {

namespace {

bool all_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, lint::is_digit);
}

/// Everything read_facts() was called with, for its parts.
class FactReader {
public:
    FactReader(int year, const Dictionary& dictionary, const FactRules& rules, ScanMessage& message,
               ScanFacts& out)
        : year_{year}, dictionary_{dictionary}, rules_{rules}, message_{message}, out_{out} {}

    Decoded<void> read(std::string_view scan) {
        const auto* aim = find_aim(scan);
        if (aim == nullptr) {
            // An identifier nobody knows is still no part of the data.
            const bool unknown = scan.size() > 3 && scan[0] == ']' && lint::is_digit(scan[2]);
            return read_plain(unknown ? scan.substr(3) : scan);
        }
        out_.symbology = aim->symbology;
        const auto text = scan.substr(3);
        if (aim->gs1_carrier && text.find("|]e0") != std::string_view::npos)
            return read_gs1_carrier(scan);
        switch (aim->content) {
            case Content::ean_upc:
                return read_ean(text);
            case Content::ean_addon:
                return read_ean_with_addon(text);
            case Content::gs1:
                return read_gs1(text);
            case Content::plain:
                break;
        }
        if (aim->symbology == Symbology::itf && text.size() == 14) return read_ean(text);
        return read_plain(text);
    }

private:
    /// `digits` may be an expansion; `printed` is what the symbol held.
    Decoded<void> take_gtin(std::string_view digits, std::string_view printed) {
        const auto gtin = Gtin::parse(digits);
        if (!gtin) return Fault{gtin.error().detail};
        out_.item.gtin = *gtin;
        out_.meaning = Meaning::item;
        out_.number = printed;
        out_.publication = publication_of(*gtin);
        return explain_restricted(*gtin);
    }

    Decoded<void> explain_restricted(const Gtin& gtin) {
        if (rules_.restricted.empty() || !is_restricted(gtin)) return {};
        auto item = read_restricted(gtin, rules_.restricted);
        if (item) {
            out_.restricted = *item;
            out_.meaning = Meaning::shop_item;
            out_.item.price = item->price;
            out_.item.weight_kg = item->weight;
        } else if (item.error().code != Errc::not_found) {
            return Fault{item.error().detail};
        }
        return {};
    }

    Decoded<void> read_ean(std::string_view digits) {
        if (digits.size() != 8 || out_.symbology == Symbology::ean_8)
            return take_gtin(digits, digits);
        const auto upc = expand_upce(digits);
        if (!upc) return take_gtin(digits, digits);
        out_.symbology = Symbology::upc_e;
        return take_gtin({upc->data(), upc->size()}, digits);
    }

    /// The add-on follows the digits, with or without a blank between them.
    Decoded<void> read_ean_with_addon(std::string_view text) {
        for (const std::size_t size : {5u, 2u}) {
            if (text.size() < size + 8) continue;
            const auto addon = read_addon(text.substr(text.size() - size));
            auto main = text.substr(0, text.size() - size);
            if (main.ends_with(' ')) main.remove_suffix(1);
            const bool whole = main.size() == 13 || main.size() == 12 || main.size() == 8;
            if (!addon || !whole || !read_ean(main)) continue;
            out_.addon = *addon;
            return {};
        }
        return read_ean(text);
    }

    Decoded<void> read_gs1_carrier(std::string_view scan) {
        if (auto good = read_scan(scan, dictionary_, {}, message_); !good) return good;
        if (!message_.primary.empty())
            if (auto good = take_gtin(message_.primary, message_.primary); !good) return good;
        return explain_elements();
    }

    Decoded<void> read_gs1(std::string_view text) {
        message_.elements.clear();
        auto good = read_elements(text, group_separator, dictionary_, {}, message_.elements);
        out_.fnc1_missing = lost_separator(text, dictionary_);
        if (!good) return good;
        return explain_elements();
    }

    Decoded<void> explain_elements() {
        auto together = check_associations(message_.elements, {});
        if (!together && message_.primary.empty()) out_.warning = std::move(together).error();
        const auto gtin = out_.item.gtin;
        out_.item = read_item(message_.elements, year_);
        if (!out_.item.gtin) out_.item.gtin = gtin;
        if (out_.item.gtin) {
            out_.meaning = Meaning::item;
            const auto* element = message_.elements.find("01");
            out_.number = element != nullptr ? element->value : message_.primary;
            out_.publication = publication_of(*out_.item.gtin);
            return {};
        }
        struct Key {
            std::string_view ai;
            Meaning meaning;
        };
        constexpr std::array keys{Key{"00", Meaning::logistic_unit}, Key{"8018", Meaning::customer},
                                  Key{"8017", Meaning::provider},    Key{"255", Meaning::coupon},
                                  Key{"8110", Meaning::coupon},      Key{"8112", Meaning::coupon},
                                  Key{"414", Meaning::place},        Key{"417", Meaning::place}};
        out_.meaning = Meaning::gs1_other;
        for (const auto& key : keys) {
            const auto* element = message_.elements.find(key.ai);
            if (element == nullptr) continue;
            out_.meaning = key.meaning;
            out_.number = element->value;
            break;
        }
        return {};
    }

    Decoded<void> read_plain(std::string_view text) {
        if (is_web_address(text)) {
            message_.elements.clear();
            message_.ignored.clear();
            message_.primary = {};
            const auto good =
                read_digital_link(text, dictionary_, {.zero_suppressed_gtin = true},
                                  message_.storage, message_.elements, message_.ignored);
            if (good) return explain_elements();
            out_.number = text;
            return {};  // Any shop may print any address.
        }
        if (out_.symbology == Symbology::addon_2 || out_.symbology == Symbology::addon_5) {
            out_.addon = read_addon(text);
            out_.meaning = out_.addon ? Meaning::addon : Meaning::text;
            out_.number = text;
            return {};
        }
        return read_number(text);
    }

    /// Text that may be a carrier, a card, a phone or an item, in the order of how sure that is.
    Decoded<void> read_number(std::string_view text) {
        out_.number = text;
        if (out_.pattern = find_number(text, rules_.numbers); out_.pattern != nullptr) {
            out_.meaning =
                out_.pattern->kind == NumberKind::phone ? Meaning::phone : Meaning::loyalty_card;
            return {};
        }
        const bool may_be_item = out_.symbology == Symbology::none
                                 || out_.symbology == Symbology::data_matrix
                                 || out_.symbology == Symbology::qr;
        if (may_be_item && all_digits(text) && text.size() <= 14) {
            if (Gtin::parse(text)) return take_gtin(text, text);
            if (const auto upc = expand_upce(text))
                return take_gtin({upc->data(), upc->size()}, text);
        }
        if (looks_like_payment_card(text)) {
            out_.meaning = Meaning::payment_card;
            out_.number = {};
            return {};
        }
        out_.taiwan = find_taiwan_carrier(text, out_.symbology == Symbology::code_39_full_ascii,
                                          message_.storage);
        if (out_.taiwan) {
            out_.meaning = Meaning::taiwan_carrier;
            out_.number = message_.storage;
            return {};
        }
        out_.fnc1_missing = lost_first_fnc1(text, dictionary_);
        out_.meaning = Meaning::text;
        out_.number = text;
        return {};
    }

    int year_;
    const Dictionary& dictionary_;
    const FactRules& rules_;
    ScanMessage& message_;
    ScanFacts& out_;
};

}  // namespace

std::string_view name(Meaning meaning) {
    switch (meaning) {
        case Meaning::item:
            return "item";
        case Meaning::shop_item:
            return "shop_item";
        case Meaning::logistic_unit:
            return "logistic_unit";
        case Meaning::customer:
            return "customer";
        case Meaning::provider:
            return "provider";
        case Meaning::coupon:
            return "coupon";
        case Meaning::place:
            return "place";
        case Meaning::gs1_other:
            return "gs1_other";
        case Meaning::taiwan_carrier:
            return "taiwan_carrier";
        case Meaning::loyalty_card:
            return "loyalty_card";
        case Meaning::phone:
            return "phone";
        case Meaning::payment_card:
            return "payment_card";
        case Meaning::addon:
            return "addon";
        case Meaning::text:
            return "text";
    }
    return "";
}

Decoded<void> read_facts(std::string_view scan, int year, const Dictionary& dictionary,
                         const FactRules& rules, ScanMessage& message, ScanFacts& out) {
    out = ScanFacts{};
    message.elements.clear();
    message.primary = {};
    return FactReader{year, dictionary, rules, message, out}.read(scan);
}

}  // namespace till::drivers
