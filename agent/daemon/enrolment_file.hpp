#pragma once

#include "agent/core/result.hpp"
#include "sync/uplink/enrol_client.hpp"

#include <string>
#include <string_view>

namespace till {

/// enrolment.toml: what enrolment made known, in words a person on call can read. Pure.
std::string enrolment_text(const sync::Enrolment& enrolment);

/// Reads what enrolment_text() wrote. Fails with corrupt, naming `file_name`, line and key.
Result<sync::Enrolment> parse_enrolment(std::string_view text, std::string_view file_name);

}  // namespace till
