#pragma once

#include "agent/core/bytes.hpp"

#include <string>
#include <string_view>

namespace till {

/// An idempotency key as Invoice describes it: kind, system, number and the hash of the rows. It fits
/// limits::idempotency_key_bytes_max whatever the source's number is. Private to the module.
std::string invoice_key(char kind, std::string_view system, std::string_view number,
                        const Digest& rows);

}  // namespace till
