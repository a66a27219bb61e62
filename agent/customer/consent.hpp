#pragma once

#include "agent/core/result.hpp"
#include "sync/wire/commands.pb.h"

#include <cstdint>
#include <string>

namespace till {

namespace v1 = tillstream::v1;

/// A consent as a fact (ISO/IEC TS 27560, GDPR 7). Nothing is granted by default: a grant names its
/// purpose, channel, the version of the words the customer saw and how she agreed; a withdrawal
/// needs only purpose and channel, so that it is as easy as granting. `field` is the path in front
/// of a refusal's, "consents[1].".
Result<v1::ConsentSet> make_consent(const v1::CommandConsent& said, std::int64_t now_ms,
                                    const std::string& field);

}  // namespace till
