#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"
#include "agent/crypto/sealing.hpp"
#include "agent/customer/identifier.hpp"
#include "sync/wire/commands.pb.h"

#include <string>
#include <vector>

namespace till {

/// What is left of a customer once she is sealed.
struct SealedCustomer {
    Bytes sealed;                 ///< A serialised v1::Personal, readable at the centre only.
    v1::SealedFacts facts;        ///< Kinds of identifier; no values, no lengths.
    std::vector<Error> problems;  ///< Per field, "identifiers[0].value"; they never repeat values.
};

/// Normalises identifiers and seals everything to the centre's key. An identifier that cannot be
/// normalised is a problem and is sealed as it was written, of no kind, so that it matches nobody;
/// one that looks like a payment card is a problem and is not kept at all, not even sealed
/// (loyalty cards with a configured prefix are exempt). Whether problems refuse the command is the
/// caller's to say. Fails when `key` is unusable.
Result<SealedCustomer> seal_customer(const v1::CustomerData& data, const SealingKey& key,
                                     const IdentifierRules& rules);

/// Does it say anything at all?
bool is_empty(const v1::CustomerData& data);

}  // namespace till
