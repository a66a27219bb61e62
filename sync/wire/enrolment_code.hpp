#pragma once

#include "agent/core/result.hpp"

#include <string>
#include <string_view>

namespace tillstream::v1 {
class EnrolmentCode;
}

namespace till::sync {

/// The text a person copies from the centre to a device: "TS1-" and base64url, with four characters
/// of SHA-256 at the end so that a slip of the hand is found before anything is sent.
std::string enrolment_code_text(const tillstream::v1::EnrolmentCode& code);

/// Blanks and line breaks are ignored. Fails with malformed, saying whether the code was cut short,
/// mistyped or made by a newer version.
Result<tillstream::v1::EnrolmentCode> parse_enrolment_code(std::string_view text);

}  // namespace till::sync
