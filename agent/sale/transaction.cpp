#include "agent/sale/transaction.hpp"

#include "agent/core/limits.hpp"
#include "agent/sale/discount.hpp"
#include "agent/sale/tax.hpp"
#include "agent/sale/tender.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace till {

namespace {

class Builder {
public:
    Builder(const v1::RecordTransaction& command, const SaleRules& rules, const SaleLimits& limits)
        : command_{command},
          rules_{rules},
          limits_{limits},
          judge_{command.has_source()},
          currency_{rules.currency} {}

    Result<v1::RetailTransaction> build(WallTime now);

private:
    Result<void> read_head(WallTime now);
    Result<void> read_lines();
    Result<v1::Line> read_line(const v1::CommandLine& said, int index);
    Result<Decimal> read_quantity(const v1::CommandLine& said, const std::string& field);
    Result<void> read_prices(const v1::CommandLine& said, const std::string& field,
                             const Decimal& quantity, v1::Line& line);
    Result<void> choose_tax(const v1::CommandLine& said, const std::string& field, v1::Line& line);
    Result<void> compute_taxes();
    void sum_up(std::int64_t transaction_discount);
    Result<void> check_returns();
    Result<void> check_total();

    const v1::RecordTransaction& command_;
    const SaleRules& rules_;
    const SaleLimits& limits_;
    Judge judge_;
    Currency currency_;
    v1::RetailTransaction out_;
};

Result<void> Builder::read_head(WallTime now) {
    if (judge_.foreign()) TILL_TRY_VOID(check_source(command_.source()));
    if (!command_.currency().empty() && command_.currency() != rules_.currency.code()) {
        auto stated = Currency::parse(command_.currency());
        if (!stated) return at(stated.error(), "currency");
        currency_ = *stated;
        TILL_TRY_VOID(judge_.object("currency", "not the store's currency",
                                    std::string{rules_.currency.code()}));
    }
    out_.set_currency(std::string{currency_.code()});
    out_.set_currency_decimals(static_cast<std::uint32_t>(currency_.decimals()));
    out_.set_status(command_.status() == v1::TRANSACTION_STATUS_UNSPECIFIED
                        ? v1::TRANSACTION_STATUS_COMPLETED
                        : command_.status());
    out_.set_order_id(command_.order_id());
    out_.set_channel(command_.channel());
    out_.set_fulfilment(command_.fulfilment());
    out_.set_training(command_.training());
    out_.set_fiscal_invoice_number(command_.fiscal_invoice_number());
    TILL_TRY(const std::int64_t end,
             read_time(command_.end_time(), now.value(), "end_time", judge_));
    TILL_TRY(const std::int64_t begin,
             read_time(command_.begin_time(), std::min(end, now.value()), "begin_time", judge_));
    // A source that says only when it began says when it was: that, not now, is its end.
    const bool ended = !command_.end_time().empty() || command_.begin_time().empty();
    out_.set_begin_ms(begin);
    out_.set_end_ms(judge_.foreign() && !ended ? begin : end);
    if (out_.begin_ms() > out_.end_ms())
        TILL_TRY_VOID(judge_.object("end_time", "before begin_time", "begin_time or later"));
    return {};
}

Result<Decimal> Builder::read_quantity(const v1::CommandLine& said, const std::string& field) {
    if (said.quantity().empty()) return Decimal{1, 0};
    TILL_TRY(const Decimal quantity, read_decimal(said.quantity(), field + "quantity"));
    const bool negated_return = judge_.foreign() && said.kind() == v1::LINE_KIND_RETURN;
    if (quantity.is_zero() || (quantity.is_negative() && !negated_return))
        TILL_TRY_VOID(judge_.object(field + "quantity", "not positive",
                                    "greater than 0; a return is a line of LINE_KIND_RETURN"));
    return quantity;
}

Result<void> Builder::read_prices(const v1::CommandLine& said, const std::string& field,
                                  const Decimal& quantity, v1::Line& line) {
    Decimal price;
    if (said.unit_price().empty()) {
        TILL_TRY_VOID(judge_.object(field + "unit_price", "missing", "e.g. 2.955"));
    } else {
        TILL_TRY(price, read_decimal(said.unit_price(), field + "unit_price"));
    }
    if (price.is_negative())
        TILL_TRY_VOID(judge_.object(field + "unit_price", "negative", "0 or more"));
    *line.mutable_unit_price() = to_wire(price);
    if (!said.regular_price().empty()) {
        TILL_TRY(const Decimal regular,
                 read_decimal(said.regular_price(), field + "regular_price"));
        if (regular != price) *line.mutable_regular_price() = to_wire(regular);
    }
    const auto extended = extend(quantity, price, currency_);
    if (!extended) return at(extended.error(), field + "unit_price");
    TILL_TRY(const std::int64_t amount, bounded(extended->minor(), field + "unit_price"));
    line.set_extended_amount(amount);
    TILL_TRY(const std::int64_t off, read_discounts(said.discounts(), amount, currency_, field,
                                                    judge_, *line.mutable_discounts()));
    line.set_amount(amount - off);
    return {};
}

/// Notes the rule on the line; `tax` is absent from a line that has none.
Result<void> Builder::choose_tax(const v1::CommandLine& said, const std::string& field,
                                 v1::Line& line) {
    const bool states = !said.tax_rate().empty() || !said.tax_amount().empty();
    if (!judge_.foreign() && said.has_tax_included())
        return Error{Errc::out_of_range, "only a foreign source states its own tax",
                     field + "tax_included", "a tax_code"};
    if (!judge_.foreign() && states)
        return Error{Errc::out_of_range, "only a foreign source states its own tax",
                     field + (said.tax_rate().empty() ? "tax_amount" : "tax_rate"), "a tax_code"};
    const bool silent = judge_.foreign() && !states && said.tax_code().empty();
    const std::string& code =
        said.tax_code().empty() && !states && !silent ? rules_.default_tax : said.tax_code();
    const auto rule = std::ranges::find(rules_.taxes, code, &TaxRule::code);
    const bool known = rule != rules_.taxes.end();
    line.set_tax_code(code);
    if (!code.empty() && !known && !states) {
        std::string codes;
        for (const TaxRule& each : rules_.taxes) codes += (codes.empty() ? "" : ", ") + each.code;
        return judge_.object(field + "tax_code", "names no tax rule of this store", codes);
    }
    if (silent || (code.empty() && !states)) return {};
    v1::LineTax& tax = *line.mutable_tax();
    tax.set_included(said.has_tax_included() ? said.tax_included() : known ? rule->included : true);
    Decimal rate = known ? rule->rate : Decimal{};
    if (!said.tax_rate().empty()) {
        TILL_TRY(rate, read_decimal(said.tax_rate(), field + "tax_rate"));
        if (rate.is_negative() || rate > Decimal{1000, 0}) {
            TILL_TRY_VOID(judge_.object(field + "tax_rate", "not a rate: " + rate.text(),
                                        "per cent, 0 or more"));
            rate = Decimal{};
        }
    }
    *tax.mutable_rate() = to_wire(rate);
    return {};
}

Result<v1::Line> Builder::read_line(const v1::CommandLine& said, int index) {
    const std::string field = path("lines", index);
    v1::Line line;
    line.set_number(static_cast<std::uint32_t>(index) + 1);
    const bool returned = said.kind() == v1::LINE_KIND_RETURN;
    line.set_kind(returned ? v1::LINE_KIND_RETURN : v1::LINE_KIND_SALE);
    const ItemText text{said.gtin(),   said.sku(), said.description(),
                        said.serial(), said.lot(), said.expiry()};
    TILL_TRY(*line.mutable_item(), make_item(text, field, judge_));
    line.mutable_item()->set_item_class(said.item_class());
    TILL_TRY(Decimal quantity, read_quantity(said, field));
    if (returned && !quantity.is_negative()) quantity = quantity.negated();
    *line.mutable_quantity() = to_wire(quantity, said.unit());
    TILL_TRY_VOID(read_prices(said, field, quantity, line));
    TILL_TRY_VOID(choose_tax(said, field, line));
    if (said.has_original()) {
        *line.mutable_original() = said.original();
        if (!returned)
            TILL_TRY_VOID(judge_.object(field + "original", "only a return names what it returns",
                                        "kind LINE_KIND_RETURN"));
    }
    line.set_reason(said.reason());
    line.set_voided(said.voided());
    line.set_entry_method(said.entry_method());
    return line;
}

Result<void> Builder::read_lines() {
    if (static_cast<std::size_t>(command_.lines_size()) > limits::transaction_lines_max)
        return Error{Errc::out_of_range, "too many lines", "lines",
                     "at most " + std::to_string(limits::transaction_lines_max)};
    if (command_.lines().empty() && command_.status() != v1::TRANSACTION_STATUS_CANCELLED)
        TILL_TRY_VOID(judge_.object("lines", "no lines", "at least one"));
    for (int i = 0; i < command_.lines_size(); ++i) {
        TILL_TRY(*out_.add_lines(), read_line(command_.lines(i), i));
    }
    return {};
}

Result<void> Builder::compute_taxes() {
    std::vector<Taxable> taxables;
    std::vector<v1::Line*> lines;
    for (v1::Line& line : *out_.mutable_lines()) {
        if (line.voided()) line.clear_tax();
        if (!line.has_tax()) continue;
        line.mutable_tax()->set_taxable(line.amount());
        const std::string& stated =
            command_.lines(static_cast<int>(line.number()) - 1).tax_amount();
        if (!stated.empty()) {
            const std::string field = path("lines", static_cast<int>(line.number()) - 1);
            TILL_TRY(std::int64_t amount,
                     read_amount(stated, currency_, field + "tax_amount", judge_));
            line.mutable_tax()->set_amount(amount);
            continue;
        }
        const v1::Decimal& rate = line.tax().rate();
        taxables.push_back({line.tax_code(),
                            Decimal{rate.mantissa(), static_cast<int>(rate.scale())},
                            line.tax().included(), line.amount()});
        lines.push_back(&line);
    }
    TILL_TRY(const auto taxes, line_taxes(taxables, rules_.tax_rounding));
    for (std::size_t i = 0; i < lines.size(); ++i) lines[i]->mutable_tax()->set_amount(taxes[i]);
    return {};
}

void Builder::sum_up(std::int64_t transaction_discount) {
    using Key = std::tuple<std::string, std::int64_t, std::uint32_t, bool>;
    std::map<Key, v1::Tax> taxes;
    std::int64_t gross = 0, tax = 0, discount = transaction_discount;
    for (const v1::Line& line : out_.lines()) {
        if (line.voided()) continue;
        gross += line.amount();
        for (const v1::Discount& each : line.discounts()) discount += each.amount();
        if (!line.has_tax()) continue;
        const v1::LineTax& of = line.tax();
        tax += of.amount();
        if (!of.included()) gross += of.amount();
        v1::Tax& sum =
            taxes[{line.tax_code(), of.rate().mantissa(), of.rate().scale(), of.included()}];
        sum.set_code(line.tax_code());
        *sum.mutable_rate() = of.rate();
        sum.set_included(of.included());
        sum.set_taxable(sum.taxable() + of.taxable());
        sum.set_amount(sum.amount() + of.amount());
    }
    for (auto& [key, sum] : taxes) *out_.add_taxes() = std::move(sum);
    out_.mutable_totals()->set_gross(gross);
    out_.mutable_totals()->set_tax(tax);
    out_.mutable_totals()->set_net(gross - tax);
    out_.mutable_totals()->set_discount(discount);
}

Result<void> Builder::check_returns() {
    if (!limits_.unreferenced_return_max) return {};
    std::int64_t sum = 0;
    for (const v1::Line& line : out_.lines())
        if (!line.voided() && line.kind() == v1::LINE_KIND_RETURN && !line.has_original())
            sum -= line.amount();
    if (sum <= *limits_.unreferenced_return_max) return {};
    return judge_.object("lines", "more is returned without a receipt than this role may take",
                         "at most " + amount_text(*limits_.unreferenced_return_max, currency_));
}

/// Compares every total the caller states with ours.
Result<void> Builder::check_total() {
    const v1::Totals& ours = out_.totals();
    const auto check = [&](const std::string& said, std::int64_t computed,
                           const char* field) -> Result<void> {
        if (said.empty()) return {};
        const auto number = Decimal::parse(said);
        if (number && *number == Decimal{computed, currency_.decimals()}) return {};
        return judge_.object(field,
                             "stated " + said + ", computed " + amount_text(computed, currency_),
                             amount_text(computed, currency_));
    };
    TILL_TRY_VOID(check(command_.total(), ours.gross(), "total"));
    const v1::StatedTotals& stated = command_.source().stated();
    TILL_TRY_VOID(check(stated.gross(), ours.gross(), "source.stated.gross"));
    TILL_TRY_VOID(check(stated.net(), ours.net(), "source.stated.net"));
    return check(stated.tax(), ours.tax(), "source.stated.tax");
}

Result<v1::RetailTransaction> Builder::build(WallTime now) {
    TILL_TRY_VOID(read_head(now));
    TILL_TRY_VOID(read_lines());
    TILL_TRY(const std::int64_t off,
             read_discounts(command_.discounts(), discountable(out_), currency_, "", judge_,
                            *out_.mutable_discounts()));
    TILL_TRY_VOID(spread_discount(off, out_, judge_));
    TILL_TRY_VOID(check_discounts(out_, limits_, judge_));
    TILL_TRY_VOID(compute_taxes());
    sum_up(off);
    TILL_TRY_VOID(check_returns());
    TILL_TRY_VOID(settle(command_, rules_, limits_, judge_, out_));
    TILL_TRY_VOID(check_total());
    if (judge_.foreign()) *out_.mutable_source() = to_source(command_.source(), judge_);
    return std::move(out_);
}

}  // namespace

Result<v1::RetailTransaction> build_transaction(const v1::RecordTransaction& command,
                                                const SaleRules& rules, const SaleLimits& limits,
                                                WallTime now) {
    return Builder{command, rules, limits}.build(now);
}

}  // namespace till
