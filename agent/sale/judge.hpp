#pragma once

#include "agent/core/decimal.hpp"
#include "agent/core/money.hpp"
#include "agent/core/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace till {

/// Amounts and quantities are refused beyond this many units, so that no sum over a transaction's
/// lines can overflow 64 bits. A thousand billion in a currency of two decimals.
inline constexpr std::int64_t amount_max = 100'000'000'000'000;

/// What an objection does depends on who made the sale. A till of ours has it refused and corrects
/// it; a foreign POS's sale has happened, so the objection is kept beside it as a doubt.
class Judge {
public:
    explicit Judge(bool foreign) : foreign_{foreign} {}

    bool foreign() const noexcept { return foreign_; }

    /// Own: the refusal. Foreign: success, and the objection is among doubts().
    Result<void> object(std::string field, std::string detail, std::string allowed = {});

    const std::vector<Error>& doubts() const noexcept { return doubts_; }

private:
    bool foreign_;
    std::vector<Error> doubts_;
};

/// A number as text; not a number is refused from anyone (it cannot be stored).
Result<Decimal> read_decimal(std::string_view text, const std::string& field);

/// An amount in minor units. Finer than the currency: objected to, and rounded half away from zero.
Result<std::int64_t> read_amount(std::string_view text, Currency currency, const std::string& field,
                                 Judge& judge);

/// Refuses, from anyone, what is beyond amount_max either way.
Result<std::int64_t> bounded(std::int64_t amount, const std::string& field);

/// "12.34" of an amount in minor units.
inline std::string amount_text(std::int64_t minor, Currency currency) {
    return Money{minor, currency}.text();
}

/// The same error about a field; a path the error has already goes behind it.
Error at(Error error, const std::string& field);

/// "lines[2]."
std::string path(std::string_view list, int index);

}  // namespace till
