#include "agent/sale/discount.hpp"

#include "agent/sale/share.hpp"

#include <algorithm>

namespace till {

namespace {

Result<std::int64_t> percentage(std::int64_t base, const Decimal& percent) {
    std::int64_t whole = 100;
    for (int i = 0; i < percent.scale(); ++i) whole *= 10;
    return scale_rounded(base, percent.mantissa(), whole);
}

/// One discount, not yet signed: positive is something off.
Result<v1::Discount> read_discount(const v1::CommandDiscount& said, std::int64_t base,
                                   Currency currency, const std::string& field, Judge& judge) {
    v1::Discount discount;
    discount.set_reason(said.reason());
    discount.set_promotion_id(said.promotion_id());
    if (said.amount().empty() == said.percent().empty())
        TILL_TRY_VOID(judge.object(field + "amount", "a discount is an amount or a percentage",
                                   "exactly one of amount and percent"));
    if (!said.percent().empty()) {
        TILL_TRY(const Decimal percent, read_decimal(said.percent(), field + "percent"));
        if (percent.is_negative() || percent > Decimal{100, 0})
            TILL_TRY_VOID(judge.object(field + "percent", "not a share of the price", "0 to 100"));
        *discount.mutable_percent() = to_wire(percent);
        auto amount = percentage(std::abs(base), percent);
        if (!amount) return at(amount.error(), field + "percent");
        discount.set_amount(*amount);
    }
    if (!said.amount().empty()) {
        TILL_TRY(const std::int64_t amount,
                 read_amount(said.amount(), currency, field + "amount", judge));
        if (amount < 0)
            TILL_TRY_VOID(
                judge.object(field + "amount", "negative", "what is taken off: positive"));
        discount.set_amount(amount);
    }
    return discount;
}

bool discounted(const v1::Line& line, v1::LineKind kind) {
    const auto item_class = line.item().item_class();
    return !line.voided() && line.kind() == kind && item_class != v1::ITEM_CLASS_GIFT_CARD
           && item_class != v1::ITEM_CLASS_DEPOSIT;
}

v1::LineKind discounted_kind(const v1::RetailTransaction& transaction) {
    const auto sold = [](const v1::Line& line) { return discounted(line, v1::LINE_KIND_SALE); };
    return std::ranges::any_of(transaction.lines(), sold) ? v1::LINE_KIND_SALE
                                                          : v1::LINE_KIND_RETURN;
}

}  // namespace

Result<std::int64_t> read_discounts(const CommandDiscounts& said, std::int64_t base,
                                    Currency currency, const std::string& field, Judge& judge,
                                    Discounts& into) {
    std::int64_t sum = 0;
    for (int i = 0; i < said.size(); ++i) {
        const std::string here = field + path("discounts", i);
        TILL_TRY(v1::Discount discount, read_discount(said[i], base, currency, here, judge));
        if (base < 0) discount.set_amount(-discount.amount());
        TILL_TRY(sum, bounded(sum + discount.amount(), here + "amount"));
        *into.Add() = std::move(discount);
    }
    if (std::abs(sum) > std::abs(base))
        TILL_TRY_VOID(judge.object(field + "discounts", "more is taken off than there is",
                                   "at most " + amount_text(std::abs(base), currency)));
    return sum;
}

std::int64_t discountable(const v1::RetailTransaction& transaction) {
    const v1::LineKind kind = discounted_kind(transaction);
    std::int64_t sum = 0;
    for (const v1::Line& line : transaction.lines())
        if (discounted(line, kind)) sum += line.amount();
    return sum;
}

Result<void> spread_discount(std::int64_t total, v1::RetailTransaction& transaction, Judge& judge) {
    if (total == 0) return {};
    const v1::LineKind kind = discounted_kind(transaction);
    std::vector<std::int64_t> weights;
    std::vector<v1::Line*> lines;
    std::int64_t sum = 0;
    for (v1::Line& line : *transaction.mutable_lines()) {
        if (!discounted(line, kind) || line.amount() == 0) continue;
        lines.push_back(&line);
        weights.push_back(std::abs(line.amount()));
        sum += weights.back();
    }
    if (sum == 0) return judge.object("discounts", "there is nothing to take the discount off");
    const auto shares = share_out(total, weights);
    for (std::size_t i = 0; i < lines.size(); ++i)
        lines[i]->set_amount(lines[i]->amount() - shares[i]);
    return {};
}

Result<void> check_discounts(const v1::RetailTransaction& transaction, const SaleLimits& limits,
                             Judge& judge) {
    if (!limits.discount_percent_max) return {};
    for (const v1::Line& line : transaction.lines()) {
        TILL_TRY(const std::int64_t most,
                 percentage(std::abs(line.extended_amount()), *limits.discount_percent_max));
        const std::int64_t off = line.extended_amount() - line.amount();
        if (!line.voided() && std::abs(off) > most)
            TILL_TRY_VOID(
                judge.object(path("lines", static_cast<int>(line.number()) - 1) + "discounts",
                             "more than this role may take off",
                             "at most " + limits.discount_percent_max->text() + " %"));
    }
    return {};
}

}  // namespace till
