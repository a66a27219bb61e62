#include "drivers/decode/item_facts.hpp"

#include "drivers/decode/linters.hpp"

#include <algorithm>

namespace till::drivers {

namespace {

using std::chrono::year_month_day;

int number(std::string_view digits) {
    int out = 0;
    for (const char c : digits) out = out * 10 + lint::digit(c);
    return out;
}

/// The digits with as many decimals as the last digit of the AI says.
std::optional<Decimal> scaled(const Element& element, std::string_view digits) {
    const int scale = lint::digit(element.ai.back());
    if (digits.empty() || digits.size() > 18) return {};
    std::int64_t mantissa = 0;
    for (const char c : digits) mantissa = mantissa * 10 + lint::digit(c);
    return Decimal{mantissa, scale};
}

std::optional<Decimal> kilograms(const Element& element) {
    const auto value = scaled(element, element.value);
    if (!value || element.ai.starts_with("310")) return value;
    // AI 320n: a pound is 0.45359237 kg by definition; to whole grams.
    const auto grams = multiply_rounded(*value, Decimal{45'359'237, 8}, 3);
    if (!grams) return {};
    return Decimal{*grams, 3};
}

}  // namespace

std::optional<year_month_day> read_date(std::string_view yymmdd, int year) {
    if (lint::yymmd0(yymmdd)) return {};
    const int two = number(yymmdd.substr(0, 2));
    const int ahead = two - year % 100;
    int century = year / 100;
    if (ahead >= 51) --century;
    if (ahead <= -50) ++century;
    const std::chrono::year full{century * 100 + two};
    const std::chrono::month month{static_cast<unsigned>(number(yymmdd.substr(2, 2)))};
    const auto day = static_cast<unsigned>(number(yymmdd.substr(4, 2)));
    const year_month_day date = day == 0 ? year_month_day{full / month / std::chrono::last}
                                         : full / month / std::chrono::day{day};
    if (!date.ok()) return {};
    return date;
}

ItemFacts read_item(const ElementList& elements, int year) {
    ItemFacts out;
    for (const auto& element : elements.all()) {
        const auto ai = element.ai;
        const auto value = element.value;
        if (ai == "01") {
            if (auto gtin = Gtin::parse(value)) out.gtin = *gtin;
        } else if (ai == "10") {
            out.lot = value;
        } else if (ai == "21") {
            out.serial = value;
        } else if (ai == "15") {
            out.best_before = read_date(value, year);
        } else if (ai == "16") {
            out.sell_by = read_date(value, year);
        } else if (ai == "17" && !out.expires) {
            out.expires = read_date(value, year);
        } else if (ai == "7003") {
            out.expires = read_date(value.substr(0, 6), year);
            out.expires_minute = number(value.substr(6, 2)) * 60 + number(value.substr(8, 2));
        } else if (ai == "30") {
            out.count = static_cast<std::uint64_t>(number(value));
        } else if (ai.starts_with("310") || ai.starts_with("320")) {
            out.weight_kg = kilograms(element);
        } else if (ai.starts_with("392")) {
            out.price = scaled(element, value);
        } else if (ai.starts_with("393") && value.size() > 3) {
            out.currency = value.substr(0, 3);
            out.price = scaled(element, value.substr(3));
        }
    }
    return out;
}

}  // namespace till::drivers
