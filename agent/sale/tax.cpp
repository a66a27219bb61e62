#include "agent/sale/tax.hpp"

#include "agent/sale/share.hpp"

#include <map>
#include <tuple>

namespace till {

namespace {

// Exact taxes are fractions of many denominators; a billionth of a minor unit tells any two of a
// receipt apart, and amounts up to amount_max stay far inside 128 bits.
constexpr Wide unit = 1'000'000'000;

Wide hundred_per_cent(const Decimal& rate) {
    Wide value = 100;
    for (int i = 0; i < rate.scale(); ++i) value *= 10;
    return value;
}

/// In billionths of a minor unit, to the nearest.
Wide exact_tax(const Taxable& line) {
    const Wide whole = hundred_per_cent(line.rate);
    const Wide divisor = line.included ? whole + line.rate.mantissa() : whole;
    const Wide tax = static_cast<Wide>(line.amount) * line.rate.mantissa() * unit;
    return (tax + (tax < 0 ? -divisor : divisor) / 2) / divisor;
}

Result<std::int64_t> rounded_tax(const Taxable& line) {
    const auto whole = static_cast<std::int64_t>(hundred_per_cent(line.rate));
    return scale_rounded(line.amount, line.rate.mantissa(),
                         line.included ? whole + line.rate.mantissa() : whole);
}

/// Lines that are rounded together, and what their sum is rounded to.
struct Group {
    std::vector<std::size_t> members;
    std::vector<Wide> parts;
};

void share_group(const Group& group, std::int64_t target, std::vector<std::int64_t>& taxes) {
    const auto shares = round_together(group.parts, unit, target);
    for (std::size_t i = 0; i < shares.size(); ++i) taxes[group.members[i]] = shares[i];
}

Result<std::vector<std::int64_t>> taxes_by_rate(std::span<const Taxable> lines) {
    using Key = std::tuple<std::string, Decimal, bool>;
    std::map<Key, std::pair<Group, Taxable>> groups;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const Taxable& line = lines[i];
        auto& [group, sum] = groups[Key{line.code, line.rate, line.included}];
        const std::int64_t amount = sum.amount + line.amount;
        sum = line;
        sum.amount = amount;
        group.members.push_back(i);
        group.parts.push_back(exact_tax(line));
    }
    std::vector<std::int64_t> taxes(lines.size());
    for (const auto& [key, entry] : groups) {
        TILL_TRY(const std::int64_t target, rounded_tax(entry.second));
        share_group(entry.first, target, taxes);
    }
    return taxes;
}

std::vector<std::int64_t> taxes_by_receipt(std::span<const Taxable> lines) {
    Group all;
    Wide sum = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        all.members.push_back(i);
        all.parts.push_back(exact_tax(lines[i]));
        sum += all.parts.back();
    }
    const Wide half = sum < 0 ? -unit / 2 : unit / 2;
    std::vector<std::int64_t> taxes(lines.size());
    share_group(all, static_cast<std::int64_t>((sum + half) / unit), taxes);
    return taxes;
}

}  // namespace

Result<std::vector<std::int64_t>> line_taxes(std::span<const Taxable> lines, TaxRounding rounding) {
    if (rounding == TaxRounding::rate) return taxes_by_rate(lines);
    if (rounding == TaxRounding::receipt) return taxes_by_receipt(lines);
    std::vector<std::int64_t> taxes;
    taxes.reserve(lines.size());
    for (const Taxable& line : lines) {
        TILL_TRY(const std::int64_t tax, rounded_tax(line));
        taxes.push_back(tax);
    }
    return taxes;
}

}  // namespace till
