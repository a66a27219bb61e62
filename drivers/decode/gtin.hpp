#pragma once

#include "agent/core/result.hpp"

#include <array>
#include <string_view>

namespace till::drivers {

/// The check digit of GS1's numeric keys (GenSpecs 7.9.1: weights 3 and 1 from the right) for
/// `digits` without it. `digits` must be digits.
char mod10_check_digit(std::string_view digits);
/// Whether the last of these digits is the check digit of the others. False for anything that is
/// not digits, and for an empty text.
bool has_mod10_check_digit(std::string_view digits);

/// A GS1 trade item number with a correct check digit. There is no other kind: the only way to get
/// one is parse(). Allocates nothing.
class Gtin {
public:
    /// Takes GTIN-8, -12, -13 and -14. Fails with `malformed` on any other length, on a character
    /// that is no digit, and on a wrong check digit.
    static Result<Gtin> parse(std::string_view digits);

    /// Fourteen digits, padded with zeros on the left, as GS1 says to store and compare them.
    std::string_view text() const noexcept { return {text_.data(), text_.size()}; }
    /// As it is printed: 8, 12, 13 or 14 digits.
    std::string_view short_text() const noexcept;
    friend bool operator==(const Gtin&, const Gtin&) = default;

private:
    explicit Gtin(std::array<char, 14> text) : text_{text} {}
    std::array<char, 14> text_;
};

}  // namespace till::drivers
