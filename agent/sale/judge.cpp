#include "agent/sale/judge.hpp"

namespace till {

Result<void> Judge::object(std::string field, std::string detail, std::string allowed) {
    Error error{Errc::out_of_range, std::move(detail), std::move(field), std::move(allowed)};
    if (!foreign_) return error;
    doubts_.push_back(std::move(error));
    return {};
}

Error at(Error error, const std::string& field) {
    error.field = field + error.field;
    return error;
}

std::string path(std::string_view list, int index) {
    return std::string{list} + "[" + std::to_string(index) + "].";
}

Result<Decimal> read_decimal(std::string_view text, const std::string& field) {
    auto number = Decimal::parse(text);
    if (!number) return at(std::move(number).error(), field);
    return *number;
}

Result<std::int64_t> bounded(std::int64_t amount, const std::string& field) {
    if (amount > amount_max || amount < -amount_max)
        return Error{Errc::out_of_range, "too large", field,
                     "at most " + std::to_string(amount_max) + " minor units either way"};
    return amount;
}

Result<std::int64_t> read_amount(std::string_view text, Currency currency, const std::string& field,
                                 Judge& judge) {
    TILL_TRY(const Decimal number, read_decimal(text, field));
    const auto minor = number.rounded_to(currency.decimals());
    if (!minor) return at(minor.error(), field);
    if (Decimal{*minor, currency.decimals()} != number)
        TILL_TRY_VOID(judge.object(field, "has more decimals than the currency",
                                   "at most " + std::to_string(currency.decimals())
                                       + " decimals for " + std::string{currency.code()}));
    return bounded(*minor, field);
}

}  // namespace till
