#include "agent/sale/item.hpp"

#include "agent/core/calendar.hpp"
#include "agent/core/gtin.hpp"

namespace till {

Result<v1::Item> make_item(const ItemText& text, const std::string& field, Judge& judge) {
    v1::Item item;
    item.set_sku(std::string{text.sku});
    item.set_description(std::string{text.description});
    item.set_serial(std::string{text.serial});
    item.set_lot(std::string{text.lot});
    if (!text.gtin.empty()) {
        item.set_gtin(gtin_number(text.gtin));
        if (item.gtin() == 0) {
            const std::string said = judge.foreign() ? ": " + std::string{text.gtin} : "";
            TILL_TRY_VOID(judge.object(field + "gtin", "not a GTIN" + said,
                                       "8, 12, 13 or 14 digits with a valid check digit"));
            if (item.sku().empty()) item.set_sku(std::string{text.gtin});
        }
    }
    if (!text.expiry.empty()) {
        if (check_date(text.expiry))
            item.set_expiry(std::string{text.expiry});
        else
            TILL_TRY_VOID(judge.object(field + "expiry", "not a date: " + std::string{text.expiry},
                                       "YYYY-MM-DD"));
    }
    if (item.gtin() == 0 && item.sku().empty() && item.description().empty())
        TILL_TRY_VOID(judge.object(field + "sku", "the line names no item",
                                   "a gtin, an sku or a description"));
    return item;
}

v1::Decimal to_wire(const Decimal& number) {
    v1::Decimal wire;
    wire.set_mantissa(number.mantissa());
    wire.set_scale(static_cast<std::uint32_t>(number.scale()));
    return wire;
}

v1::Quantity to_wire(const Decimal& number, const std::string& unit) {
    v1::Quantity wire;
    wire.set_mantissa(number.mantissa());
    wire.set_scale(static_cast<std::uint32_t>(number.scale()));
    wire.set_unit(unit == "EA" ? std::string{} : unit);
    return wire;
}

v1::ForeignSource to_source(const v1::CommandSource& source, const Judge& judge) {
    v1::ForeignSource wire;
    wire.set_system(source.system());
    wire.set_number(source.number());
    wire.set_country(source.country());
    if (source.has_stated()) *wire.mutable_stated() = source.stated();
    for (const Error& error : judge.doubts()) {
        v1::Doubt& doubt = *wire.add_doubts();
        doubt.set_field(error.field);
        doubt.set_detail(error.detail);
    }
    return wire;
}

Result<void> check_source(const v1::CommandSource& source) {
    if (source.system().empty())
        return Error{Errc::malformed, "the source has no name", "source.system", "e.g. legacy-pos"};
    if (source.number().empty())
        return Error{Errc::malformed, "the source's transaction has no number", "source.number",
                     "the number the source gave it"};
    return {};
}

Result<std::int64_t> read_time(std::string_view text, std::int64_t now_ms, const std::string& field,
                               Judge& judge) {
    if (text.empty()) return now_ms;
    const auto time = parse_rfc3339(text);
    if (time) return time->value();
    const std::string said = judge.foreign() ? ": " + std::string{text} : "";
    TILL_TRY_VOID(judge.object(field, time.error().detail + said, time.error().allowed));
    return now_ms;
}

}  // namespace till
