#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace till::drivers {

/// One way in which a component of a GS1 value can be wrong.
struct LintError {
    std::string_view name;      ///< As GS1's syntax dictionary calls it: "INCORRECT_CHECK_DIGIT".
    std::string_view sentence;  ///< For a person.
};

/// What a linter found, and where: `length` bytes from `position` are to blame.
struct LintFault {
    const LintError* error;
    std::size_t position;
    std::size_t length;
};

using LintResult = std::optional<LintFault>;  ///< Empty: nothing is wrong.

/// Checks the content of one component. Pure, total, allocates nothing.
using Linter = LintResult (*)(std::string_view);

/// The linter that a syntax dictionary calls `name`; nullptr when there is none. Every linter of
/// release 2026-01-27 is here, together with those that older releases name.
Linter find_linter(std::string_view name);

/// The value with `*` around what is to blame: "12*X*4".
std::string highlight(std::string_view value, const LintFault& fault);

}  // namespace till::drivers
