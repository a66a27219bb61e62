#include "agent/tillctl/scan_answer.hpp"

#include "agent/tillctl/json_text.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>

namespace till {

namespace {

namespace json = boost::json;
using namespace drivers;
using std::chrono::year_month_day;

std::string text_of(const json::object& row, std::string_view key) {
    const auto* value = row.if_contains(key);
    return value != nullptr && value->is_string() ? std::string{value->get_string()}
                                                  : std::string{};
}

std::int64_t number_of(const json::object& row, std::string_view key, std::int64_t otherwise) {
    const auto* value = row.if_contains(key);
    return value != nullptr && value->is_int64() ? value->get_int64() : otherwise;
}

Error at(std::string_view list, std::size_t index, Error error) {
    error.field = std::string{list} + "[" + std::to_string(index) + "]"
                  + (error.field.empty() ? "" : "." + error.field);
    return error;
}

/// Runs `read` over the objects of a list that may be left out.
template <class Read>
Result<void> each(const json::object& rules, std::string_view list, Read&& read) {
    const auto* value = rules.if_contains(list);
    if (value == nullptr) return {};
    if (!value->is_array())
        return Error{Errc::malformed, "must be a list", std::string{list}, "[…]"};
    std::size_t index = 0;
    for (const auto& row : value->get_array()) {
        if (!row.is_object()) return at(list, index, {Errc::malformed, "must be an object"});
        if (auto good = read(row.get_object()); !good)
            return at(list, index, std::move(good).error());
        ++index;
    }
    return {};
}

Result<NumberPattern> number_pattern(const json::object& row) {
    NumberPattern out;
    out.name = text_of(row, "name");
    const auto kind = text_of(row, "kind");
    if (kind != "loyalty_card" && kind != "phone")
        return Error{Errc::malformed, "unknown kind", "kind", "loyalty_card, phone"};
    out.kind = kind == "phone" ? NumberKind::phone : NumberKind::loyalty_card;
    out.prefix = text_of(row, "prefix");
    const auto least = number_of(row, "length_min", 1);
    const auto most = number_of(row, "length_max", 24);
    if (least < 1 || most > 24 || least > most)
        return Error{Errc::out_of_range, "lengths", "length_min", "1 to 24, not above length_max"};
    out.length_min = static_cast<std::size_t>(least);
    out.length_max = static_cast<std::size_t>(most);
    const auto* luhn = row.if_contains("luhn");
    out.luhn = luhn != nullptr && luhn->is_bool() && luhn->get_bool();
    return out;
}

std::string iso(year_month_day day) {
    const auto two = [](unsigned value) { return (value < 10 ? "0" : "") + std::to_string(value); };
    return std::to_string(static_cast<int>(day.year())) + "-"
           + two(static_cast<unsigned>(day.month())) + "-" + two(static_cast<unsigned>(day.day()));
}

void tell_item(const ItemFacts& item, json::object& out) {
    if (item.gtin) out["gtin"] = item.gtin->text();
    if (!item.lot.empty()) out["lot"] = item.lot;
    if (!item.serial.empty()) out["serial"] = item.serial;
    if (item.expires) out["expires"] = iso(*item.expires);
    if (item.expires_minute) out["expires_minute"] = *item.expires_minute;
    if (item.best_before) out["best_before"] = iso(*item.best_before);
    if (item.sell_by) out["sell_by"] = iso(*item.sell_by);
    if (item.weight_kg) out["weight_kg"] = item.weight_kg->text();
    if (item.count) out["count"] = *item.count;
    if (item.price) out["extended_amount"] = item.price->text();
    if (!item.currency.empty()) out["currency"] = item.currency;
}

void tell_publication(const ScanFacts& facts, json::object& out) {
    if (!facts.item.gtin) return;
    if (const auto issn = issn_of(*facts.item.gtin))
        out["issn"] = std::string_view{issn->data(), issn->size()};
    if (const auto isbn = isbn10_of(*facts.item.gtin))
        out["isbn10"] = std::string_view{isbn->data(), isbn->size()};
    if (facts.publication == Publication::book) out["isbn"] = facts.item.gtin->short_text();
    if (facts.publication == Publication::music) out["ismn"] = facts.item.gtin->short_text();
}

void tell_addon(const AddOn& addon, json::object& out) {
    out["addon"] = addon.digits;
    if (addon.kind != AddOn::Kind::price) return;
    out["addon_price"] = Decimal{addon.price, 2}.text();
    out["addon_currency"] = addon.currency;
}

std::string_view name_of(TaiwanCode code) {
    switch (code) {
        case TaiwanCode::mobile_barcode:
            return "mobile_barcode";
        case TaiwanCode::citizen_certificate:
            return "citizen_certificate";
        case TaiwanCode::donation:
            return "donation";
    }
    return "";
}

void tell_findings(const ItemFacts& item, const ShopRules& rules, SaleMoment now,
                   json::object& out) {
    const auto findings = check_sale(item, now, rules.recalls);
    if (findings.empty()) return;
    auto& list = out["findings"].emplace_array();
    for (const auto& finding : findings)
        list.emplace_back(json::object{{"blocks", finding.blocks}, {"reason", finding.reason}});
}

}  // namespace

Result<ShopRules> read_shop_rules(std::string_view text) {
    boost::system::error_code failed;
    const auto value = json::parse(text, failed);
    if (failed || !value.is_object()) return Error{Errc::malformed, "not a JSON object"};
    const auto& rules = value.get_object();
    ShopRules out;
    TILL_TRY_VOID(each(rules, "restricted", [&](const json::object& row) -> Result<void> {
        TILL_TRY(auto pattern,
                 RestrictedPattern::make(text_of(row, "name"), text_of(row, "layout"),
                                         static_cast<int>(number_of(row, "decimals", 2))));
        out.facts.restricted.push_back(std::move(pattern));
        return {};
    }));
    TILL_TRY_VOID(each(rules, "numbers", [&](const json::object& row) -> Result<void> {
        TILL_TRY(auto pattern, number_pattern(row));
        out.facts.numbers.push_back(std::move(pattern));
        return {};
    }));
    TILL_TRY_VOID(each(rules, "recalls", [&](const json::object& row) -> Result<void> {
        TILL_TRY(const auto gtin, Gtin::parse(text_of(row, "gtin")));
        out.recalls.push_back(
            {gtin, text_of(row, "lot"), text_of(row, "serial"), text_of(row, "reason")});
        return {};
    }));
    return out;
}

Result<year_month_day> read_day(std::string_view text) {
    const Error wrong{Errc::malformed, "not a day", "", "2026-11-23"};
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return wrong;
    const auto part = [&](std::size_t from, std::size_t size) {
        int value = -1;
        const auto digits = text.substr(from, size);
        const auto end = digits.data() + digits.size();
        return std::from_chars(digits.data(), end, value).ptr == end ? value : -1;
    };
    const int month = part(5, 2);
    const int day = part(8, 2);
    if (part(0, 4) < 0 || month < 0 || day < 0) return wrong;
    const year_month_day out{std::chrono::year{part(0, 4)},
                             std::chrono::month{static_cast<unsigned>(month)},
                             std::chrono::day{static_cast<unsigned>(day)}};
    if (!out.ok()) return wrong;
    return out;
}

json::object till_answer(std::string_view scan, const Dictionary& dictionary,
                         const ShopRules& rules, SaleMoment now) {
    ScanMessage message;
    ScanFacts facts;
    const auto good =
        read_facts(scan, static_cast<int>(now.day.year()), dictionary, rules.facts, message, facts);
    json::object out;
    if (!good) {
        out["error"] = json_text(good.error().sentence);
    } else {
        out["meaning"] = name(facts.meaning);
        tell_item(facts.item, out);
        tell_publication(facts, out);
        if (facts.restricted.pattern != nullptr) {
            out["pattern"] = facts.restricted.pattern->name();
            out["item"] = facts.restricted.item;
        }
        if (facts.addon) tell_addon(*facts.addon, out);
        if (facts.taiwan) out["taiwan"] = name_of(*facts.taiwan);
        if (facts.pattern != nullptr) out["pattern"] = facts.pattern->name;
        if (!facts.item.gtin && !facts.number.empty()) out["number"] = json_text(facts.number);
        if (facts.warning) out["warning"] = json_text(facts.warning->sentence);
        tell_findings(facts.item, rules, now, out);
    }
    if (facts.fnc1_missing) out["fnc1_missing"] = true;
    return out;
}

}  // namespace till
