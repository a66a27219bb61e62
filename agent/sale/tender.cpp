#include "agent/sale/tender.hpp"

#include <algorithm>

namespace till {

namespace {

bool is_digits(const std::string& text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// A tender in another currency: its amount in that currency's minor units, at a rate.
Result<void> read_foreign(const v1::CommandTender& said, Currency base, const std::string& field,
                          Judge& judge, v1::Tender& tender) {
    const auto currency = Currency::parse(said.foreign_currency());
    if (!currency) return at(currency.error(), field + "foreign_currency");
    TILL_TRY(const std::int64_t amount,
             read_amount(said.foreign_amount(), *currency, field + "foreign_amount", judge));
    TILL_TRY(const Decimal rate, read_decimal(said.foreign_rate(), field + "foreign_rate"));
    const auto worth =
        multiply_rounded(Decimal{amount, currency->decimals()}, rate, base.decimals());
    if (!worth) return at(worth.error(), field + "foreign_rate");
    tender.mutable_foreign()->set_currency(said.foreign_currency());
    tender.mutable_foreign()->set_amount(amount);
    *tender.mutable_foreign()->mutable_rate() = to_wire(rate);
    if (said.amount().empty())
        tender.set_tendered(*worth);
    else if (*worth != tender.tendered())
        TILL_TRY_VOID(judge.object(field + "amount", "is not foreign_amount at foreign_rate",
                                   amount_text(*worth, base)));
    return {};
}

Result<v1::Tender> read_tender(const v1::CommandTender& said, Currency currency,
                               const std::string& field, Judge& judge) {
    v1::Tender tender;
    tender.set_type(said.type());
    tender.set_state(said.state() == v1::TENDER_STATE_UNSPECIFIED ? v1::TENDER_STATE_APPROVED
                                                                  : said.state());
    tender.set_reference(said.reference());
    tender.set_card_scheme(said.card_scheme());
    tender.set_authorisation(said.authorisation());
    if (said.type() == v1::TENDER_TYPE_UNSPECIFIED)
        TILL_TRY_VOID(judge.object(field + "type", "missing", "e.g. TENDER_TYPE_CASH"));
    if (said.card_last4().empty()
        || (said.card_last4().size() == 4 && is_digits(said.card_last4())))
        tender.set_card_last4(said.card_last4());
    else
        TILL_TRY_VOID(judge.object(field + "card_last4", "not kept", "exactly 4 digits"));
    if (!said.amount().empty() || said.foreign_currency().empty()) {
        TILL_TRY(const std::int64_t amount,
                 read_amount(said.amount(), currency, field + "amount", judge));
        tender.set_tendered(amount);
    }
    if (!said.foreign_currency().empty())
        TILL_TRY_VOID(read_foreign(said, currency, field, judge, tender));
    TILL_TRY_VOID(bounded(tender.tendered(), field + "amount"));
    return tender;
}

bool pays(const v1::Tender& tender) { return tender.state() == v1::TENDER_STATE_APPROVED; }
bool is_cash(const v1::Tender& tender) { return tender.type() == v1::TENDER_TYPE_CASH; }

struct Paid {
    std::int64_t cash = 0, other = 0;
    bool has_cash = false;
};

Result<Paid> sum_tenders(const v1::RetailTransaction& transaction, std::int64_t due,
                         Currency currency, Judge& judge) {
    Paid paid;
    for (int i = 0; i < transaction.tenders_size(); ++i) {
        const v1::Tender& tender = transaction.tenders(i);
        if (!pays(tender)) continue;
        const std::string field = path("tenders", i) + "amount";
        if (tender.tendered() != 0 && (tender.tendered() < 0) != (due < 0))
            TILL_TRY_VOID(judge.object(
                field, due < 0 ? "money is due to the customer" : "money is due from the customer",
                due < 0 ? "negative, " + amount_text(due, currency) + " in all" : "positive"));
        std::int64_t& sum = is_cash(tender) ? paid.cash : paid.other;
        TILL_TRY(sum, bounded(sum + tender.tendered(), field));
        paid.has_cash = paid.has_cash || is_cash(tender);
    }
    return paid;
}

/// The difference between `amount` and the nearest multiple of `step`, halves away from zero.
Result<std::int64_t> rounding_of(std::int64_t amount, std::int64_t step) {
    if (step <= 1) return 0;
    TILL_TRY(const std::int64_t multiples, scale_rounded(amount, 1, step));
    return multiples * step - amount;
}

/// Gives `change` out of the cash, the last notes first.
void give_change(std::int64_t change, v1::RetailTransaction& transaction) {
    for (int i = transaction.tenders_size() - 1; i >= 0; --i) {
        v1::Tender& tender = *transaction.mutable_tenders(i);
        if (!pays(tender)) continue;
        const std::int64_t back = is_cash(tender) ? std::min(change, tender.tendered()) : 0;
        tender.set_change(std::max<std::int64_t>(back, 0));
        tender.set_applied(tender.tendered() - tender.change());
        change -= tender.change();
    }
}

/// Cash rounding: ours, against which the caller's is checked; a foreign source's as it stands.
Result<std::int64_t> cash_rounding(const v1::RecordTransaction& command, const SaleRules& rules,
                                   Currency currency, std::int64_t open, bool has_cash,
                                   Judge& judge) {
    std::int64_t said = 0;
    if (!command.cash_rounding().empty()) {
        TILL_TRY(said, read_amount(command.cash_rounding(), currency, "cash_rounding", judge));
    }
    if (judge.foreign()) return said;
    std::int64_t ours = 0;
    if (has_cash) { TILL_TRY(ours, rounding_of(open, rules.cash_step)); }
    if (!command.cash_rounding().empty() && said != ours)
        TILL_TRY_VOID(judge.object("cash_rounding", "is not what the store's rule gives",
                                   amount_text(ours, currency)));
    return ours;
}

Result<void> check_settled(std::int64_t left, const Paid& paid, std::int64_t due, Currency currency,
                           Judge& judge) {
    const std::int64_t sum = paid.cash + paid.other;
    if (left == 0 || (judge.foreign() && sum == 0)) return {};
    const bool under = due < 0 ? left < 0 : left > 0;
    return judge.object(
        "tenders", amount_text(sum, currency) + " is tendered for " + amount_text(due, currency),
        under ? amount_text(left, currency) + " more"
              : "no more than is due; change is given for cash only");
}

}  // namespace

Result<void> settle(const v1::RecordTransaction& command, const SaleRules& rules,
                    const SaleLimits& limits, Judge& judge, v1::RetailTransaction& transaction) {
    const Currency currency =
        *Currency::parse(transaction.currency(), static_cast<int>(transaction.currency_decimals()));
    v1::Totals& totals = *transaction.mutable_totals();
    for (int i = 0; i < command.tenders_size(); ++i) {
        TILL_TRY(*transaction.add_tenders(),
                 read_tender(command.tenders(i), currency, path("tenders", i), judge));
    }
    const bool completed = transaction.status() == v1::TRANSACTION_STATUS_COMPLETED;
    const bool paid_for = std::ranges::any_of(transaction.tenders(), pays);
    if (!completed && paid_for)
        return judge.object("tenders", "nothing is paid in a transaction that is not completed",
                            "tenders declined or reversed");
    if (!completed) return {};

    TILL_TRY(const Paid paid, sum_tenders(transaction, totals.gross(), currency, judge));
    const std::int64_t open = totals.gross() - paid.other;
    TILL_TRY(const std::int64_t rounding,
             cash_rounding(command, rules, currency, open, paid.has_cash, judge));
    const std::int64_t due = totals.gross() + rounding;
    const std::int64_t left = due - paid.other - paid.cash;
    const std::int64_t change =
        std::clamp<std::int64_t>(-left, 0, std::max<std::int64_t>(paid.cash, 0));
    TILL_TRY_VOID(check_settled(left + change, paid, due, currency, judge));
    if (limits.refund_max && due < 0 && -due > *limits.refund_max)
        TILL_TRY_VOID(judge.object("tenders", "more than this role may refund",
                                   "at most " + amount_text(*limits.refund_max, currency)));
    give_change(change, transaction);
    transaction.set_cash_rounding(rounding);
    totals.set_gross(due);
    totals.set_tendered(paid.cash + paid.other);
    totals.set_change(change);
    totals.set_applied(paid.cash + paid.other - change);
    return {};
}

}  // namespace till
