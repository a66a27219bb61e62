#pragma once

#include "drivers/decode/lint.hpp"

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace till::drivers {

/// Why a code could not be decoded. It says more than till::Error, because a person who holds the
/// label must see which characters are wrong: that is what `markup` is for.
struct Fault {
    std::string sentence;        ///< "AI (01): The numeric check digit is incorrect."
    std::string markup = {};     ///< "(01)0690308876882|7|", or empty when no linter spoke.
    std::string_view lint = {};  ///< The linter's error: "INCORRECT_CHECK_DIGIT", or empty.
};

/// A value or a Fault, which must be looked at.
template <class T>
class [[nodiscard]] Decoded : public std::expected<T, Fault> {
public:
    using std::expected<T, Fault>::expected;
    Decoded(Fault fault) : std::expected<T, Fault>{std::unexpect, std::move(fault)} {}
};

template <>
class [[nodiscard]] Decoded<void> : public std::expected<void, Fault> {
public:
    using std::expected<void, Fault>::expected;
    Decoded(Fault fault) : std::expected<void, Fault>{std::unexpect, std::move(fault)} {}
};

}  // namespace till::drivers
